import type { ActivationSetServiceImplementation } from '@facet/contracts';
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
import type { CaptureContext } from './capture-context.ts';
import { cancelSet } from './requests/cancel-set.ts';
import { createSet } from './requests/create-set.ts';
import { deleteSet } from './requests/delete-set.ts';
import { describeSet } from './requests/describe-set.ts';
import { listSets } from './requests/list-sets.ts';
import { readRows } from './requests/read-rows.ts';
import { toReadResponse } from './requests/row-messages.ts';
import { toActivationSet } from './requests/set-messages.ts';
import { parseDtype, parseSpec } from './requests/spec-messages.ts';
import { watchSet } from './requests/watch-set.ts';

const PAGE_SIZES = { fallback: 50, max: 1000 };

/** Answers facet.activation.v1.ActivationSetService. */
export function createActivationSetHandlers(
  context: CaptureContext,
  options: { checkCorpus: boolean },
): ActivationSetServiceImplementation<ServedCallContext> {
  const idOf = (name: string) => parseName(name, 'activationSets');
  return {
    async createActivationSet({ activationSetId, spec, requestId }, { signal }) {
      const id = activationSetId === '' ? undefined : parseId(activationSetId, 'activation_set_id');
      const request = { id, requestId: parseRequestId(requestId), spec: parseSpec(spec) };
      const created = await createSet(context, request, { ...options, signal });
      return { activationSet: toActivationSet(await describeSet(context, created.id)) };
    },
    async getActivationSet({ name }) {
      return { activationSet: toActivationSet(await describeSet(context, idOf(name))) };
    },
    async listActivationSets({ pageSize: requested, pageToken }) {
      const after = decodePageToken(pageToken, z.string());
      const { sets, next } = await listSets(context, { after, count: pageSize(requested, PAGE_SIZES) });
      const activationSets = sets.map((set) => toActivationSet(set));
      return { activationSets, nextPageToken: next === undefined ? '' : encodePageToken(next) };
    },
    async deleteActivationSet({ name }) {
      await deleteSet(context, idOf(name));
      return {};
    },
    async cancelActivationSet({ name }) {
      return { activationSet: toActivationSet(await cancelSet(context, idOf(name))) };
    },
    async *watchActivationSet({ name }, { signal }) {
      for await (const update of watchSet(context, idOf(name), signal))
        yield { activationSet: toActivationSet(update, update) };
    },
    async *readActivations({ name, startRow, maxRows, dtype }, { signal }) {
      const range = {
        start: safeCount(startRow, 'start_row'),
        max: safeCount(maxRows, 'max_rows'),
        dtype: parseDtype(dtype, 'dtype'),
      };
      for await (const block of readRows(context, idOf(name), { range, signal })) yield toReadResponse(block);
    },
  };
}
