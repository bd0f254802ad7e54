import type { QueuedJob } from '@facet/events';
import { absentAsUndefined } from '@facet/objects';
import type { CaptureContext } from '../capture-context.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { partitionJob, planJob } from './jobs.ts';

/** The jobs that a set waits for that is not complete yet. */
export async function* unfinishedJobs(
  { sets }: Pick<CaptureContext, 'sets'>,
  id: string,
): AsyncGenerator<QueuedJob> {
  const record = await absentAsUndefined(() => sets.read(id));
  if (record && !(await sets.capture(record).isSettled())) yield* jobsOf({ sets }, record);
}

/**
 * Its plan, which also completes it, until all its partitions are committed; and the partitions that are not, of as many as
 * have their inputs.
 */
async function* jobsOf({ sets }: Pick<CaptureContext, 'sets'>, record: SetRecord): AsyncGenerator<QueuedJob> {
  const capture = sets.capture(record);
  const plan = await capture.plan();
  const committed = new Set(await capture.committed());
  const partitions = plan ? [...plan.partitions.keys()] : await capture.inputs();
  const open = partitions.filter((partition) => !committed.has(partition));
  if (!plan || open.length === 0) yield planJob(record);
  for (const partition of open) yield partitionJob(record, partition);
}
