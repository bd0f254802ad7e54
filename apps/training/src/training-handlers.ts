import type { TrainingServiceImplementation } from '@facet/contracts';
import {
  decodePageToken,
  encodePageToken,
  pageSize,
  parseName,
  parseRequestId,
  type ServedCallContext,
} from '@facet/mesh';
import { z } from 'zod';
import { toHeldOutPoint, toPoint } from './runs/messages/metrics-messages.ts';
import { toTrainingRun } from './runs/messages/run-messages.ts';
import { readTrainingSpec } from './runs/messages/spec-messages.ts';
import type { TrainingRuns } from './runs/training-runs.ts';

/** Page sizes of every list of this service. */
export const PAGE_SIZES = { fallback: 50, max: 1000 };

/** Answers facet.training.v1.TrainingService. */
export function createTrainingHandlers(runs: TrainingRuns): TrainingServiceImplementation<ServedCallContext> {
  const id = (name: string) => parseName(name, 'trainingRuns');
  return {
    async createTrainingRun({ trainingRunId, requestId, spec }) {
      const request = {
        id: trainingRunId,
        requestId: parseRequestId(requestId),
        spec: readTrainingSpec(spec),
      };
      return { trainingRun: toTrainingRun(await runs.create(request)) };
    },
    getTrainingRun: async ({ name }) => ({ trainingRun: toTrainingRun(await runs.get(id(name))) }),
    async listTrainingRuns({ pageSize: requested, pageToken }) {
      const size = pageSize(requested, PAGE_SIZES);
      const page = await runs.list(decodePageToken(pageToken, z.string()) ?? '', size + 1);
      const shown = page.slice(0, size);
      const last = shown.at(-1)?.record.id;
      return {
        trainingRuns: shown.map(toTrainingRun),
        nextPageToken: page.length > size && last !== undefined ? encodePageToken(last) : '',
      };
    },
    async deleteTrainingRun({ name }) {
      await runs.delete(id(name));
      return {};
    },
    cancelTrainingRun: async ({ name }) => ({ trainingRun: toTrainingRun(await runs.cancel(id(name))) }),
    pauseTrainingRun: async ({ name }) => ({ trainingRun: toTrainingRun(await runs.pause(id(name))) }),
    resumeTrainingRun: async ({ name }) => ({ trainingRun: toTrainingRun(await runs.resume(id(name))) }),
    async listTrainingMetrics({ name, sae }) {
      const saeId = sae === '' ? '' : parseName(sae, 'saes', 'sae');
      const { points, heldOutPoints } = await runs.metrics(id(name), saeId);
      return { points: points.map(toPoint), heldOutPoints: heldOutPoints.map(toHeldOutPoint) };
    },
    async *watchTrainingRun({ name }, { signal }) {
      for await (const run of runs.watch(id(name), signal)) yield { trainingRun: toTrainingRun(run) };
    },
  };
}
