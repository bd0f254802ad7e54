import { setTimeout as sleep } from 'node:timers/promises';
import { type FacetError, isFacetError } from '@facet/errors';
import { type DeadLetter, isLasting, JOB_TAKEN_OVER, type Job, keepQueued } from '@facet/events';
import { type Logger, linkSignals } from '@facet/mesh';
import { absentAsUndefined, findLeftovers, keepSwept } from '@facet/objects';
import { MAX_DELIVER, STATE_POLL_MS } from '../limits.ts';
import { type EndingParts, endRun, settleOutcome } from '../runs/end-run.ts';
import { type HeldTurn, INDEXING_UNDER_WAY, type IndexTurns } from '../runs/index-turns.ts';
import { parseJob, QUEUE, unfinishedJobs } from '../runs/jobs.ts';
import { reportProgress } from '../runs/live-progress.ts';
import { createProgressMeter } from '../runs/progress-meter.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { buildIndex, type IndexingParts } from './build-index.ts';
import { findIndexOrphans } from './index-orphans.ts';

export interface WorkerParts extends IndexingParts, EndingParts {
  turns: IndexTurns;
  logger: Logger;
}

export interface WorkerOptions {
  concurrency: number;
  ackWaitMs: number;
  orphanAgeMs: number;
  signal: AbortSignal;
}

/** Takes indexing jobs from the queue until `signal` aborts, and queues those again that were lost. */
export async function runWorker(
  parts: WorkerParts,
  { concurrency, ackWaitMs, orphanAgeMs, signal }: WorkerOptions,
): Promise<void> {
  const { bus, runs, store, logger } = parts;
  await Promise.all([
    bus.work(QUEUE, (job) => runJob(parts, job), {
      concurrency,
      signal,
      maxDeliver: MAX_DELIVER,
      onDeadLetter: (letter) => failFromDeadLetter(parts, letter),
    }),
    keepQueued(bus, {
      kind: QUEUE,
      ids: runs.ids,
      unfinished: (id) => unfinishedJobs(runs, id),
      intervalMs: ackWaitMs,
      signal,
      onQueued: (jobs) => logger.warn({ jobs }, 'queued indexing runs again whose jobs were lost'),
      onError: (err) => logger.warn({ err }, 'could not look for indexing runs whose jobs were lost'),
    }),
    keepSwept({
      finders: [findLeftovers(store), findIndexOrphans(parts)],
      olderThanMs: orphanAgeMs,
      signal,
      onSwept: ({ what, place, bytes }) => logger.info({ place, bytes }, `removed ${what}`),
      onError: (err) => logger.warn({ err }, 'could not remove what killed writers left'),
    }),
  ]);
}

async function runJob(parts: WorkerParts, job: Job): Promise<void> {
  const record = await recordOf(parts, job);
  if (record === undefined) return;
  const outcome = await parts.runs.outcome(record.id);
  if (outcome !== undefined) return settleOutcome(parts, record, outcome);
  const ended = new AbortController();
  const linked = linkSignals([job.signal, ended.signal]);
  try {
    const turn = await parts.turns.take(record);
    parts.logger.info({ run: record.id, attempt: job.attempt }, 'indexing');
    const stopWatching = watchRun(parts, record, { turn, ended });
    await index(parts, record, { turn, signal: linked.signal }).finally(stopWatching);
  } catch (error) {
    await settleFailure(parts, record, { error: endedBy(ended.signal) ?? error, job });
  } finally {
    linked.dispose();
  }
}

/** What a run was ended with by its watch, where that is an error to decide on. */
function endedBy({ reason }: AbortSignal): FacetError | undefined {
  return isFacetError(reason) ? reason : undefined;
}

async function index(
  parts: WorkerParts,
  record: RunRecord,
  { turn, signal }: { turn: HeldTurn; signal: AbortSignal },
): Promise<void> {
  const startedAt = parts.now();
  await parts.runs.markStarted(record.id, { uid: record.uid, time: new Date(startedAt).toISOString() });
  const meter = createProgressMeter(parts.now);
  const progress = reportProgress(parts.bus, record.uid, meter);
  try {
    const { index, notices } = await buildIndex(parts, record, { meter, turn, signal });
    const seconds = (parts.now() - startedAt) / 1000;
    const { state } = await endRun(parts, record, { state: 'SUCCEEDED', index, notices, seconds });
    const { events } = index;
    parts.logger.info({ run: record.id, state, events, notices, seconds }, 'indexing run ended');
  } finally {
    progress.stop();
  }
}

/** The run of a job, unless it was replaced since the job was queued. */
async function recordOf(
  { runs }: WorkerParts,
  job: { id: string; payload: Uint8Array },
): Promise<RunRecord | undefined> {
  const { run, uid } = parseJob(job);
  const record = await absentAsUndefined(() => runs.read(run));
  return record?.uid === uid ? record : undefined;
}

/** Decides what a failed job means: nothing for a run that has ended, its end, or another attempt. */
async function settleFailure(
  parts: WorkerParts,
  record: RunRecord,
  { error, job }: { error: unknown; job: Job },
): Promise<void> {
  // The worker is being stopped, or another one has the run: the queue knows what to do.
  if (job.signal.aborted || isTakenOver(error)) throw error;
  const outcome = await parts.runs.outcome(record.id);
  if (outcome !== undefined) return settleOutcome(parts, record, outcome);
  if (!isLasting(error) && !isUnderWay(error)) {
    parts.logger.warn({ err: error, job: job.id, attempt: job.attempt }, 'indexing failed; trying again');
    throw error;
  }
  const { reason, message } = error;
  parts.logger.info({ run: record.id, reason, message }, 'indexing run failed');
  await endRun(parts, record, { state: 'FAILED', error: { reason, message } });
}

async function failFromDeadLetter(parts: WorkerParts, letter: DeadLetter): Promise<void> {
  const record = await recordOf(parts, letter).catch(() => undefined);
  if (record === undefined) return;
  const message = `gave up after ${letter.attempts} attempts: ${letter.reason}`;
  await endRun(parts, record, { state: 'FAILED', error: { reason: 'ATTEMPTS_EXHAUSTED', message } });
}

function isTakenOver(error: unknown): boolean {
  return isFacetError(error) && error.reason === JOB_TAKEN_OVER;
}

/** Another run of the SAE came first: this one has lost, and a repetition would put its index in the other's place. */
function isUnderWay(error: unknown): error is FacetError {
  return isFacetError(error) && error.reason === INDEXING_UNDER_WAY;
}

/** Aborts `ended` when the run gets an outcome elsewhere, for example when it is cancelled, or another worker; returns how to stop. */
function watchRun(
  { runs }: WorkerParts,
  { id }: RunRecord,
  { turn, ended }: { turn: HeldTurn; ended: AbortController },
): () => void {
  const stopped = new AbortController();
  const poll = async () => {
    while (!stopped.signal.aborted && !ended.signal.aborted) {
      await sleep(STATE_POLL_MS, undefined, { signal: stopped.signal });
      const outcome = await runs.outcome(id);
      if (outcome !== undefined) ended.abort(new Error(`indexingRuns/${id} is ${outcome.state}`));
      await turn.requireHeld().catch((error) => isTakenOver(error) && ended.abort(error));
    }
  };
  // A store that does not answer shows in the job itself.
  poll().catch(() => {});
  return () => stopped.abort();
}
