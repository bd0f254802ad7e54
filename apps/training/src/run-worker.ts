import { type FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';
import type { DeadLetter, Job } from '@facet/events';
import { type Logger, linkSignals } from '@facet/mesh';
import { absentAsUndefined } from '@facet/objects';
import type { LiveRuns } from './live-runs.ts';
import type { RunEvents } from './run-events.ts';
import type { Evaluation, RunOutcome, RunProgress, RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { runTrainingThread } from './training-thread.ts';

export interface RunWorkerDependencies {
  runs: RunStore;
  live: LiveRuns;
  events: RunEvents;
  objectsUrl: string;
  threads: number;
  logger: Logger;
}

/** Runs training jobs: each in a thread, its progress broadcast and kept, its end recorded and announced. */
export interface RunWorker {
  /** Trains the run that the job names; a run that has ended, or was deleted, is left alone. */
  handle(job: Job): Promise<void>;
  /** Records a run as failed whose job was given up. */
  giveUp(letter: DeadLetter): Promise<void>;
}

/** Progress is kept in the object store this often; live messages come several times a second. */
const KEEP_INTERVAL_MS = 2_000;

/** Errors that another attempt may not meet: the job is repeated, and the run fails when attempts run out. */
const RETRIED: ReadonlySet<FacetErrorKind> = new Set(['unavailable', 'aborted']);

/** Creates the worker that the queue's jobs are handed to. */
export function createRunWorker(dependencies: RunWorkerDependencies): RunWorker {
  const { runs, events, live } = dependencies;
  const end = async (record: RunRecord, outcome: Omit<RunOutcome, 'uid' | 'time'>): Promise<void> => {
    const stated = { ...outcome, uid: record.uid, time: new Date().toISOString() };
    const held = await runs.end(record.id, stated);
    if (held.state === 'SUCCEEDED') await announceSae(events, record, held);
    await events.runEnded(record, held);
    live.progress.send(record.id, endedProgress(held));
  };
  return {
    async handle({ id, signal }) {
      const record = await findRecord(runs, id);
      if (!record || (await hasEnded(runs, record))) return;
      try {
        const evaluation = await train(dependencies, record, signal);
        await end(record, { state: 'SUCCEEDED', evaluation });
      } catch (error) {
        if (signal.aborted || !isFacetError(error) || RETRIED.has(error.kind)) throw error;
        await end(record, outcomeOf(error));
      }
    },
    async giveUp({ id, reason }) {
      const record = await findRecord(runs, id);
      if (record) await end(record, { state: 'FAILED', error: { reason: 'GIVEN_UP', message: reason } });
    },
  };
}

/** Trains in a thread until done, cancelled by a caller, or stopped with this worker. */
async function train(
  dependencies: RunWorkerDependencies,
  record: RunRecord,
  stop: AbortSignal,
): Promise<Evaluation> {
  const { runs, live, objectsUrl, threads, logger } = dependencies;
  await runs.markStarted(record.id, { uid: record.uid, time: new Date().toISOString() });
  const cancel = new AbortController();
  const linked = linkSignals([stop, cancel.signal]);
  const listening = listenForCancel(live, record.id, { cancel, signal: linked.signal });
  const keep = createProgressKeeper(dependencies, record);
  logger.info({ run: record.id }, 'training');
  try {
    return await runTrainingThread(
      { objectsUrl, record, threads },
      { signal: linked.signal, onProgress: keep.note },
    );
  } finally {
    cancel.abort();
    linked.dispose();
    await listening;
    await keep.settle();
  }
}

async function listenForCancel(
  live: LiveRuns,
  id: string,
  { cancel, signal }: { cancel: AbortController; signal: AbortSignal },
): Promise<void> {
  try {
    for await (const _ of live.cancels.listen(id, signal)) cancel.abort();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Broadcasts progress and keeps it now and then, one write at a time. */
function createProgressKeeper({ runs, live, logger }: RunWorkerDependencies, { id, uid }: RunRecord) {
  let keptMs = 0;
  let writing: Promise<void> = Promise.resolve();
  return {
    note(progress: Omit<RunProgress, 'uid' | 'time'>): void {
      const stated = { ...progress, uid, time: new Date().toISOString() };
      live.progress.send(id, stated);
      if (Date.now() - keptMs < KEEP_INTERVAL_MS && progress.stage === 'training') return;
      keptMs = Date.now();
      writing = writing
        .then(() => runs.writeProgress(id, stated))
        .catch((err) => logger.warn({ err, run: id }, 'progress was not kept'));
    },
    settle: () => writing,
  };
}

async function findRecord(runs: RunStore, id: string): Promise<RunRecord | undefined> {
  return absentAsUndefined(() => runs.record(id));
}

async function hasEnded(runs: RunStore, record: RunRecord): Promise<boolean> {
  return (await runs.read(record.id)).outcome !== undefined;
}

async function announceSae(
  events: RunEvents,
  { id, uid, spec }: RunRecord,
  { time }: RunOutcome,
): Promise<void> {
  await events.saePublished({
    id: spec.sae,
    trainingRun: `trainingRuns/${id}`,
    time: new Date(time),
    key: uid,
  });
}

function outcomeOf(error: FacetError): Omit<RunOutcome, 'uid' | 'time'> {
  if (error.kind === 'cancelled') return { state: 'CANCELLED' };
  return { state: 'FAILED', error: { reason: error.reason, message: error.message } };
}

function endedProgress({ uid, time }: RunOutcome): RunProgress {
  return { uid, time, stage: 'ended', done: 0, rate: 0 };
}
