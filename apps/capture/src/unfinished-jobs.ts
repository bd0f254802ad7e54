import type { QueuedJob } from '@facet/events';
import { absentAsUndefined } from '@facet/objects';
import type { CaptureContext } from './capture-context.ts';
import { partitionJob, planJob } from './jobs.ts';
import type { SetRecord } from './set-record.ts';

/** The jobs that all sets wait for that are not complete yet. */
export async function* unfinishedJobs({ sets }: Pick<CaptureContext, 'sets'>): AsyncGenerator<QueuedJob> {
  for (const id of await sets.ids()) {
    if (await sets.isSettled(id)) continue;
    const record = await absentAsUndefined(() => sets.read(id));
    if (record) yield* jobsOf({ sets }, record);
  }
}

/** Its plan, which also completes it; once that is written, the partitions that are not committed. */
async function* jobsOf({ sets }: Pick<CaptureContext, 'sets'>, record: SetRecord): AsyncGenerator<QueuedJob> {
  const plan = await sets.plan(record.id);
  const committed = new Set(plan && (await sets.committed(record.id)));
  if (!plan || committed.size >= plan.partitions.length) yield planJob(record);
  else
    for (const partition of plan.partitions.keys())
      if (!committed.has(partition)) yield partitionJob(record, partition);
}
