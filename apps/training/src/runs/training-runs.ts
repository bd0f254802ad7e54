import { FacetError } from '@facet/errors';
import type { QueuedJob } from '@facet/events';
import { absentAsUndefined } from '@facet/objects';
import { type ControlDependencies, cancelRun, pauseRun, resumeRun } from './control-run.ts';
import { type CreateRunDependencies, type CreateRunRequest, createRun } from './create-run.ts';
import { memberNumber } from './records/run-members.ts';
import type { Run } from './records/run-record.ts';
import { isResting, type RunStore } from './records/run-store.ts';
import type { RunMetrics } from './records/training-metrics.ts';
import { jobOf } from './run-jobs.ts';
import { watchRun } from './run-watching.ts';

/** The training runs of all replicas, as callers see them. */
export interface TrainingRuns {
  /** Checks everything that can be checked before training, plans the memory, and queues the run. */
  create(request: CreateRunRequest): Promise<Run>;
  get(id: string): Promise<Run>;
  /** Runs with ids after `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<Run[]>;
  delete(id: string): Promise<void>;
  cancel(id: string): Promise<Run>;
  /** Asks for a checkpoint and a rest, and waits a while for the worker's answer. */
  pause(id: string): Promise<Run>;
  /** Lets a paused run go on; what has ended or is under way is left as it is. */
  resume(id: string): Promise<Run>;
  /** The curves of one of the run's SAEs, or the first for an empty id, up to the newest checkpoint or whole. */
  metrics(id: string, sae: string): Promise<RunMetrics>;
  /** Ids of all runs, in order. */
  ids(): Promise<string[]>;
  /** The job of a run that has neither ended nor rests. */
  unfinished(id: string): AsyncIterable<QueuedJob>;
  /** The run now and as it goes on; ends with its outcome, or when it is paused. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Run>;
}

export type TrainingRunsDependencies = CreateRunDependencies & ControlDependencies;

/** Creates the collection of training runs. */
export function createTrainingRuns(dependencies: TrainingRunsDependencies): TrainingRuns {
  const { runs, live } = dependencies;
  return {
    create: (request) => createRun(dependencies, request),
    get: runs.read,
    async list(after, limit) {
      const found: Run[] = [];
      for (const id of await runs.ids()) {
        if (id <= after) continue;
        if (found.length === limit) break;
        // It may have been deleted since the ids were read.
        const run = await absentAsUndefined(() => runs.read(id));
        if (run !== undefined) found.push(run);
      }
      return found;
    },
    async delete(id) {
      const { record, outcome } = await runs.read(id);
      if (!outcome) {
        const message = `trainingRuns/${id} has not ended; cancel it first`;
        throw new FacetError('precondition', message, { reason: 'TRAINING_RUN_ACTIVE' });
      }
      if (!(await runs.delete(record))) throw deletedMeanwhile(id);
    },
    cancel: (id) => cancelRun(dependencies, id),
    pause: (id) => pauseRun(dependencies, id),
    resume: (id) => resumeRun(dependencies, id),
    async metrics(id, sae) {
      const { spec } = await runs.record(id);
      return runs.metrics(id, memberNumber(spec, sae));
    },
    ids: runs.ids,
    unfinished: (id) => unfinishedJobs(runs, id),
    watch: (id, signal) => watchRun({ runs, live }, id, signal),
  };
}

function deletedMeanwhile(id: string): FacetError {
  const resourceName = `trainingRuns/${id}`;
  return new FacetError('not-found', `${resourceName} was deleted meanwhile`, {
    metadata: { resourceType: 'TrainingRun', resourceName },
  });
}

async function* unfinishedJobs(runs: RunStore, id: string): AsyncGenerator<QueuedJob> {
  if (await runs.hasEnded(id)) return;
  const run = await absentAsUndefined(() => runs.read(id));
  if (run && !isResting(run)) yield jobOf(run);
}
