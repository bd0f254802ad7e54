import { FacetError } from '@facet/errors';
import { z } from 'zod';
import type { RunRecord } from './run-record.ts';

/** The queue of indexing runs. */
export const QUEUE = 'index';

const jobSchema = z.object({ run: z.string(), uid: z.string() });

/** The job of a run; the same run is queued once. */
export function jobOf({ id, uid }: RunRecord): { id: string; payload: Uint8Array } {
  return { id: `${id}.${uid}`, payload: Buffer.from(JSON.stringify({ run: id, uid })) };
}

/** Reads a job's payload; `invalid` where another program wrote it. */
export function parseJob({ id, payload }: { id: string; payload: Uint8Array }): z.infer<typeof jobSchema> {
  try {
    return jobSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new FacetError('invalid', `job ${id} is not one of indexing's`, { cause });
  }
}
