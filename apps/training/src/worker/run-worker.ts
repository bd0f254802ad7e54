import { type FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';
import { type DeadLetter, JOB_TAKEN_OVER, type Job } from '@facet/events';
import { type Logger, linkSignals } from '@facet/mesh';
import { absentAsUndefined } from '@facet/objects';
import { TRAINING_SUSPENDED } from '@facet/sae-training';
import type { LiveRuns } from '../runs/live-runs.ts';
import { isPauseWanted } from '../runs/records/run-control.ts';
import { memberOutcomes, membersOf, succeeded } from '../runs/records/run-members.ts';
import type { MemberOutcome, RunOutcome, RunProgress, RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { RunEvents } from '../runs/run-events.ts';
import { parseJob, type TrainingJob } from '../runs/run-jobs.ts';
import { createProgressKeeper } from './progress-keeper.ts';
import { runTrainingThread } from './training-thread.ts';

export interface RunWorkerDependencies {
  runs: RunStore;
  live: LiveRuns;
  events: RunEvents;
  objectsUrl: string;
  threads: number;
  /** Who trains, for people: host and process. */
  worker: string;
  logger: Logger;
}

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

/** Creates the worker that the queue's jobs are handed to. */
export function createRunWorker(dependencies: RunWorkerDependencies): RunWorker {
  const { runs } = dependencies;
  return {
    async handle(job) {
      const { run: id, uid, resume } = parseJob(job);
      const record = await absentAsUndefined(() => runs.record(id));
      if (record?.uid !== uid || (await mayRest(dependencies, record, resume))) return;
      try {
        const members = await train(dependencies, record, job);
        await endRun(dependencies, record, succeeded(record.spec, members));
      } catch (error) {
        await settle(dependencies, record, { error, job, resume });
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

/** Decides what becomes of a job whose training did not come to its end; throws what the queue shall decide. */
async function settle(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  { error, job, resume }: { error: unknown; job: Job; resume: number },
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
  if (!isFacetError(error) || RETRIED.has(error.kind)) throw error;
  await endRun(dependencies, record, outcomeOf(error));
}

async function answerPause({ runs, live, logger }: RunWorkerDependencies, record: RunRecord): Promise<void> {
  await runs.control(record.id).answer();
  logger.info({ run: record.id }, 'paused');
  live.progress.send(record.id, endedProgress(record.uid, new Date().toISOString()));
}

async function endRun(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  outcome: Omit<RunOutcome, 'uid' | 'time'>,
): Promise<void> {
  const stated = { ...outcome, uid: record.uid, time: new Date().toISOString() };
  await settleEnd(dependencies, record, await dependencies.runs.end(record.id, stated));
}

/** Does what follows from an outcome; can be repeated, by a worker that takes over from one that died in between. */
async function settleEnd(
  { runs, events, live }: RunWorkerDependencies,
  record: RunRecord,
  held: RunOutcome,
): Promise<void> {
  await runs.checkpoints(record).deleteAll();
  if (held.state === 'SUCCEEDED') await announceSaes(events, record, held);
  await events.runEnded(record, held);
  live.progress.send(record.id, endedProgress(held.uid, held.time));
}

/**
 * A service that stops waits this long for the step under way, and a checkpoint after it; then the step is given up, and the
 * run goes on from the checkpoint before. With 10 s for open calls it is less than the 30 s that Kubernetes gives.
 */
const STEP_GRACE_MS = 15_000;

/** Trains in a thread until done, cancelled or paused by a caller, or stopped with this worker. */
async function train(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  { signal: stop, attempt }: Job,
): Promise<MemberOutcome[]> {
  const { runs, live, events, objectsUrl, threads, worker, logger } = dependencies;
  await runs.markStarted(record.id, { uid: record.uid, time: new Date().toISOString() });
  const [cancel, pause] = [new AbortController(), new AbortController()];
  const suspend = linkSignals([stop, pause.signal]);
  const ended = new AbortController();
  const listening = [
    abortOn(live.cancels.listen(record.id, ended.signal), cancel, ended.signal),
    abortOn(live.pauses.listen(record.id, ended.signal), pause, ended.signal),
  ];
  const keep = createProgressKeeper(dependencies, record);
  const disarm = abortAfter(stop, cancel, STEP_GRACE_MS);
  logger.info({ run: record.id, attempt }, 'training');
  try {
    return await runTrainingThread(
      { objectsUrl, record, threads, worker, attempt },
      {
        signal: cancel.signal,
        suspend: suspend.signal,
        onReport(report) {
          if (report.type === 'progress') keep.note(report.progress);
          else {
            const sent = events.metricsRecorded(record, report.metrics, report.member);
            keep.during(sent, 'points of the curves were not sent');
          }
        },
        onStillComputing: () => logger.warn({ run: record.id }, 'asked to end, the run still computes'),
      },
    );
  } finally {
    disarm();
    ended.abort();
    suspend.dispose();
    await Promise.all(listening);
    await keep.settle();
  }
}

/** Aborts `controller` when `signal` has been aborted for `graceMs`; returns how to prevent that. */
function abortAfter(signal: AbortSignal, controller: AbortController, graceMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => controller.abort(), graceMs);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', start);
  };
}

async function abortOn(
  messages: AsyncIterable<object>,
  controller: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const _ of messages) controller.abort();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Announces every SAE that the run has published. */
async function announceSaes(
  events: RunEvents,
  { id, uid, spec }: RunRecord,
  outcome: RunOutcome,
): Promise<void> {
  const outcomes = memberOutcomes(outcome);
  for (const [i, { sae }] of membersOf(spec).entries()) {
    if (outcomes[i]?.error) continue;
    await events.saePublished({
      id: sae,
      trainingRun: `trainingRuns/${id}`,
      time: new Date(outcome.time),
      key: i === 0 ? uid : `${uid}-${i}`,
    });
  }
}

function outcomeOf(error: FacetError): Omit<RunOutcome, 'uid' | 'time'> {
  if (error.kind === 'cancelled') return { state: 'CANCELLED' };
  return { state: 'FAILED', error: { reason: error.reason, message: error.message } };
}

/** Tells watchers to read the run again. */
function endedProgress(uid: string, time: string): RunProgress {
  return { uid, time, stage: 'ended', done: 0, rate: 0 };
}
