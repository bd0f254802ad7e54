import { FacetError } from '@facet/errors';
import { linkSignals } from '@facet/mesh';
import { TRAINING_SUSPENDED } from '@facet/sae-training';
import type { MemberOutcome, RunRecord } from '../runs/records/run-record.ts';
import { publishedBefore } from './publish-sae.ts';
import { watchRun } from './run-watch.ts';
import { trainAndPublish } from './train-and-publish.ts';
import type { TrainingTask } from './training-task.ts';

/**
 * Trains one run from its newest checkpoint, or from its beginning, and publishes its SAEs; those that an earlier attempt
 * of this run published are taken as they are. Takes the run over from whoever had it. Throws `aborted` where another
 * worker takes it over (JOB_TAKEN_OVER) and where it was interrupted (TRAINING_SUSPENDED), `cancelled` where a caller
 * cancelled it; nothing is published then.
 */
export async function runTrainingTask(task: TrainingTask): Promise<MemberOutcome[]> {
  const published = await publishedBefore(task);
  if (published.every((outcome) => outcome !== undefined)) return published;
  const { runs, record, worker, attempt } = task;
  const checkpoints = runs.checkpoints(record);
  const step = (await checkpoints.summary())?.step ?? 0;
  const lease = await runs.takeLease(record.id, { worker, step, attempt });
  const watch = watchRun({
    lease,
    control: runs.control(record.id),
    isCancelled: () => runs.isCancelled(record),
  });
  const end = linkSignals([task.signal, watch.end]);
  const suspend = linkSignals([task.suspend, watch.suspend]);
  try {
    // Read only now: the worker before removes no checkpoint any more.
    const newest = await checkpoints.newest();
    return await trainAndPublish({
      ...task,
      signal: end.signal,
      suspend: suspend.signal,
      lease,
      watch,
      newest,
    });
  } catch (error) {
    watch.throwIfEnded();
    // What goes wrong in a worker that was taken over says nothing of the run.
    await lease.requireHeld();
    throw suspend.signal.aborted && !end.signal.aborted ? suspendedBy(error, record) : error;
  } finally {
    end.dispose();
    suspend.dispose();
    await watch.stop();
  }
}

/** An interruption before the first step ends the reading with the signal's own error. */
function suspendedBy(error: unknown, { id }: RunRecord): unknown {
  if (error instanceof FacetError) return error;
  const message = `trainingRuns/${id} was interrupted before it went on with a step`;
  return new FacetError('aborted', message, { reason: TRAINING_SUSPENDED, cause: error });
}
