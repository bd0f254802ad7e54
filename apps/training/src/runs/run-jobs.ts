import { FacetError } from '@facet/errors';
import type { QueuedJob } from '@facet/events';
import { z } from 'zod';
import type { Run } from './records/run-record.ts';

const jobSchema = z.object({
  run: z.string(),
  uid: z.string(),
  /** The resume that queued it; 0 for the run's creation. */
  resume: z.number().int().nonnegative().default(0),
});

/** What a job of the `train` queue says. */
export type TrainingJob = z.infer<typeof jobSchema>;

/** The job of a run since its newest resume; every resume queues one of its own, for the one before may not be acknowledged yet. */
export function jobOf({ record: { id, uid }, pause: { resumes } }: Pick<Run, 'record' | 'pause'>): QueuedJob {
  const payload = Buffer.from(JSON.stringify({ run: id, uid, resume: resumes } satisfies TrainingJob));
  return { id: resumes === 0 ? id : `${id}.r${resumes}`, payload };
}

/** Reads a job's payload; `invalid` where another program wrote it. */
export function parseJob({ id, payload }: QueuedJob): TrainingJob {
  try {
    return jobSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (cause) {
    throw new FacetError('invalid', `job ${id} is not one of training's`, { cause });
  }
}
