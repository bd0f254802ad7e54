import type { IndexingServiceImplementation } from '@facet/contracts';
import {
  decodePageToken,
  encodePageToken,
  pageSize,
  parseId,
  parseName,
  parseRequestId,
  type ServedCallContext,
  safeCount,
} from '@facet/mesh';
import { z } from 'zod';
import { RUN_PAGES } from './limits.ts';
import type { IndexingRuns } from './runs/indexing-runs.ts';
import { toIndexingRun } from './runs/run-messages.ts';

/** Answers facet.feature.v1.IndexingService. */
export function createIndexingHandlers(runs: IndexingRuns): IndexingServiceImplementation<ServedCallContext> {
  return {
    async createIndexingRun({ indexingRunId, spec, requestId }) {
      const view = await runs.create({
        id: indexingRunId === '' ? '' : parseId(indexingRunId, 'indexing_run_id'),
        requestId: parseRequestId(requestId),
        sae: parseName(spec?.sae ?? '', 'saes', 'spec.sae'),
        activationSet: parseName(spec?.activationSet ?? '', 'activationSets', 'spec.activation_set'),
        maxTokens: safeCount(spec?.maxTokens ?? 0n, 'spec.max_tokens'),
      });
      return { indexingRun: toIndexingRun(view) };
    },
    async getIndexingRun({ name }) {
      return { indexingRun: toIndexingRun(await runs.get(parseName(name, 'indexingRuns'))) };
    },
    async listIndexingRuns(request) {
      const limit = pageSize(request.pageSize, RUN_PAGES);
      const after = decodePageToken(request.pageToken, z.string());
      const views = await runs.list(after, limit + 1);
      const page = views.slice(0, limit);
      return {
        indexingRuns: page.map(toIndexingRun),
        nextPageToken: views.length > limit ? encodePageToken(page.at(-1)!.record.id) : '',
      };
    },
    async cancelIndexingRun({ name }) {
      return { indexingRun: toIndexingRun(await runs.cancel(parseName(name, 'indexingRuns'))) };
    },
    async *watchIndexingRun({ name }, { signal }) {
      for await (const view of runs.watch(parseName(name, 'indexingRuns'), signal)) {
        yield { indexingRun: toIndexingRun(view) };
      }
    },
  };
}
