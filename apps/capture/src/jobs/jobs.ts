import { FacetError } from '@facet/errors';
import type { QueuedJob } from '@facet/events';
import { z } from 'zod';
import type { SetRecord } from '../sets/set-record.ts';

/** The one kind of queue that capture uses. */
export const QUEUE = 'capture';

const jobSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plan'), set: z.string(), uid: z.string() }),
  z.object({
    type: z.literal('partition'),
    set: z.string(),
    uid: z.string(),
    partition: z.number().int().nonnegative(),
  }),
]);

/** What a worker is asked to do. */
export type CaptureJob = z.infer<typeof jobSchema>;

/** The job that tokenizes the corpus of a set and writes its inputs; equal work has an equal id, so it is queued once. */
export function planJob({ id, uid }: SetRecord): QueuedJob {
  return queued(`${id}.${uid}.plan`, { type: 'plan', set: id, uid });
}

/** The job that runs one input of a set. */
export function partitionJob({ id, uid }: SetRecord, partition: number): QueuedJob {
  const number = String(partition).padStart(5, '0');
  return queued(`${id}.${uid}.p${number}`, { type: 'partition', set: id, uid, partition });
}

/** Reads a job's payload; `invalid` where another program wrote it. */
export function parseJob({ id, payload }: QueuedJob): CaptureJob {
  try {
    return jobSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new FacetError('invalid', `job ${id} is not one of capture's`, { cause });
  }
}

function queued(id: string, job: CaptureJob): QueuedJob {
  return { id, payload: Buffer.from(JSON.stringify(job)) };
}
