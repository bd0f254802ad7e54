import { FacetError } from '@facet/errors';
import type { QueuedJob } from '@facet/events';
import { absentAsUndefined } from '@facet/objects';
import { z } from 'zod';
import type { RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';

/** The queue of indexing runs. */
export const QUEUE = 'index';

const jobSchema = z.object({ run: z.string(), uid: z.string() });

/** The job of a run; the same run is queued once. */
export function jobOf({ id, uid }: RunRecord): QueuedJob {
  return { id: `${id}.${uid}`, payload: Buffer.from(JSON.stringify({ run: id, uid })) };
}

/** Reads a job's payload; `invalid` where another program wrote it. */
export function parseJob({ id, payload }: QueuedJob): z.infer<typeof jobSchema> {
  try {
    return jobSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new FacetError('invalid', `job ${id} is not one of indexing's`, { cause });
  }
}

/** The job of a run from whose end something still follows. */
export async function* unfinishedJobs(runs: RunStore, id: string): AsyncGenerator<QueuedJob> {
  if (await runs.settled(id)) return;
  const record = await absentAsUndefined(() => runs.read(id));
  if (record) yield jobOf(record);
}
