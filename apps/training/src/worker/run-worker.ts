import { type FacetErrorKind, isFacetError } from '@facet/errors';
import { type DeadLetter, JOB_TAKEN_OVER, type Job } from '@facet/events';
import { absentAsUndefined } from '@facet/objects';
import { TRAINING_SUSPENDED } from '@facet/sae-training';
import { endedProgress } from '../runs/live-runs.ts';
import { isPauseWanted } from '../runs/records/run-control.ts';
import { succeeded } from '../runs/records/run-members.ts';
import type { RunOutcome, RunRecord } from '../runs/records/run-record.ts';
import { parseJob, type TrainingJob } from '../runs/run-jobs.ts';
import { type EndRunDependencies, endRun, settleEnd } from './end-run.ts';
import { type TrainRunDependencies, trainRun } from './train-run.ts';

export type RunWorkerDependencies = TrainRunDependencies &
  EndRunDependencies & {
    /** Trains a run. @default a thread of this process */
    train?: typeof trainRun;
  };

/** Runs training jobs: each in a thread, its progress broadcast and kept, its end recorded and announced. */
export interface RunWorker {
  /**
   * Trains the run that the job names, from its newest checkpoint; a run that has ended, rests or was deleted is left
   * alone.
   */
  handle(job: Job): Promise<void>;
  /** Records a run as failed whose job was given up. */
  giveUp(letter: DeadLetter): Promise<void>;
}

/** Errors that another attempt may not meet: the job is repeated, and the run fails when attempts run out. */
const RETRIED: ReadonlySet<FacetErrorKind> = new Set(['unavailable', 'aborted']);

/**
 * Errors that nobody foresaw end a run after this many attempts in one process. A thread that takes its run counts for
 * itself where it comes no further, but one may end before: because a file of it is missing, or memory.
 */
const MAX_UNFORESEEN = 6;

/** Creates the worker that the queue's jobs are handed to. */
export function createRunWorker(dependencies: RunWorkerDependencies): RunWorker {
  const { runs, train = trainRun } = dependencies;
  /** Uid of a run -> attempts that ended with an error that nobody foresaw. */
  const unforeseen = new Map<string, number>();
  return {
    async handle(job) {
      const { run: id, uid, resume } = parseJob(job);
      const record = await absentAsUndefined(() => runs.record(id));
      if (record?.uid !== uid || (await mayRest(dependencies, record, resume))) return;
      try {
        const members = await train(dependencies, record, job);
        unforeseen.delete(uid);
        await endRun(dependencies, record, succeeded(record.spec, members));
      } catch (error) {
        const times = isFacetError(error) ? 0 : (unforeseen.get(uid) ?? 0) + 1;
        if (times < MAX_UNFORESEEN && times > 0) unforeseen.set(uid, times);
        else unforeseen.delete(uid);
        await settle(dependencies, record, { error, job, resume, times });
      }
    },
    async giveUp(letter) {
      const { run, uid } = parseJob(letter);
      const record = await absentAsUndefined(() => runs.record(run));
      if (record?.uid !== uid) return;
      const error = { reason: 'GIVEN_UP', message: letter.reason };
      await endRun(dependencies, record, { state: 'FAILED', error });
    },
  };
}

/** Whether nothing is to be done for a job: its run has ended, is paused (which is answered), or has a newer job. */
async function mayRest(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  resume: TrainingJob['resume'],
): Promise<boolean> {
  const { pause, outcome } = await dependencies.runs.read(record.id);
  if (outcome) await settleEnd(dependencies, record, outcome);
  if (outcome || pause.resumes > resume) return true;
  if (!isPauseWanted(pause)) return false;
  await answerPause(dependencies, record);
  return true;
}

interface Failure {
  error: unknown;
  job: Job;
  resume: number;
  /** Attempts that ended with an error that nobody foresaw, this one included; 0 where it is another. */
  times: number;
}

/** Decides what becomes of a job whose training did not come to its end; throws what the queue shall decide. */
async function settle(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  { error, job, resume, times }: Failure,
): Promise<void> {
  const { runs, logger } = dependencies;
  const reason = isFacetError(error) ? error.reason : undefined;
  if (reason === JOB_TAKEN_OVER) {
    logger.warn({ run: record.id, err: error }, 'the run was taken over');
    if ((await runs.control(record.id).state()).resumes > resume) return;
    throw error;
  }
  // The worker is being stopped: the job goes back to the queue.
  if (job.signal.aborted) throw error;
  if (reason === TRAINING_SUSPENDED && (await mayRest(dependencies, record, resume))) return;
  const isRetried = isFacetError(error) ? RETRIED.has(error.kind) : times < MAX_UNFORESEEN;
  if (isRetried) {
    logger.warn({ run: record.id, attempt: job.attempt, err: error }, 'training failed; trying again');
    throw error;
  }
  if (!isFacetError(error))
    logger.error({ run: record.id, err: error }, 'training failed; the run is given up');
  await endRun(dependencies, record, outcomeOf(error));
}

async function answerPause({ runs, live, logger }: RunWorkerDependencies, record: RunRecord): Promise<void> {
  await runs.control(record.id).answer();
  logger.info({ run: record.id }, 'paused');
  live.progress.send(record.id, endedProgress(record.uid, new Date().toISOString()));
}

function outcomeOf(error: unknown): Omit<RunOutcome, 'uid' | 'time'> {
  if (!isFacetError(error)) {
    const message = `${MAX_UNFORESEEN} attempts in a row ended with an internal error; the log of the service tells which`;
    return { state: 'FAILED', error: { reason: 'INTERNAL', message } };
  }
  if (error.kind === 'cancelled') return { state: 'CANCELLED' };
  return { state: 'FAILED', error: { reason: error.reason, message: error.message } };
}
