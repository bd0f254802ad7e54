import { setTimeout as sleep } from 'node:timers/promises';
import { type DeadLetter, isLasting, type Job, keepQueued } from '@facet/events';
import { type Logger, linkSignals } from '@facet/mesh';
import { absentAsUndefined } from '@facet/objects';
import { buildIndex, type IndexingParts } from './build-index.ts';
import { type EndingParts, endRun, settleOutcome } from './end-run.ts';
import { parseJob, QUEUE, unfinishedJobs } from './jobs.ts';
import { MAX_DELIVER, STATE_POLL_MS } from './limits.ts';
import { reportProgress } from './live-progress.ts';
import { createProgressMeter } from './progress-meter.ts';
import type { RunRecord } from './run-record.ts';

export interface WorkerParts extends IndexingParts, EndingParts {
  logger: Logger;
}

/** Takes indexing jobs from the queue until `signal` aborts, and queues those again that were lost. */
export async function runWorker(
  parts: WorkerParts,
  { concurrency, ackWaitMs, signal }: { concurrency: number; ackWaitMs: number; signal: AbortSignal },
): Promise<void> {
  const { bus, runs, logger } = parts;
  await Promise.all([
    bus.work(QUEUE, (job) => runJob(parts, job), {
      concurrency,
      signal,
      maxDeliver: MAX_DELIVER,
      onDeadLetter: (letter) => failFromDeadLetter(parts, letter),
    }),
    keepQueued(bus, {
      kind: QUEUE,
      unfinished: () => unfinishedJobs(runs),
      intervalMs: ackWaitMs,
      signal,
      onQueued: (jobs) => logger.warn({ jobs }, 'queued indexing runs again whose jobs were lost'),
      onError: (err) => logger.warn({ err }, 'could not look for indexing runs whose jobs were lost'),
    }),
  ]);
}

async function runJob(parts: WorkerParts, job: Job): Promise<void> {
  const record = await recordOf(parts, job);
  if (record === undefined) return;
  const outcome = await parts.runs.outcome(record.id);
  if (outcome !== undefined) return settleOutcome(parts, record, outcome);
  const watch = watchOutcome(parts, record);
  const linked = linkSignals([job.signal, watch.signal]);
  try {
    await index(parts, record, linked.signal);
  } catch (error) {
    await settleFailure(parts, record, { error, job });
  } finally {
    linked.dispose();
    watch.stop();
  }
}

async function index(parts: WorkerParts, record: RunRecord, signal: AbortSignal): Promise<void> {
  const startedAt = parts.now();
  await parts.runs.markStarted(record.id, { uid: record.uid, time: new Date(startedAt).toISOString() });
  const meter = createProgressMeter(parts.now);
  const progress = reportProgress(parts.bus, record.uid, meter);
  try {
    const { index, notices } = await buildIndex(parts, record, { meter, signal });
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
  // The worker is being stopped: the job goes back to the queue.
  if (job.signal.aborted) throw error;
  const outcome = await parts.runs.outcome(record.id);
  if (outcome !== undefined) return settleOutcome(parts, record, outcome);
  if (!isLasting(error)) {
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

/** Aborts its signal when the run gets an outcome elsewhere, for example when it is cancelled. */
function watchOutcome({ runs }: WorkerParts, { id }: RunRecord): { signal: AbortSignal; stop(): void } {
  const ended = new AbortController();
  const stopped = new AbortController();
  const poll = async () => {
    while (!stopped.signal.aborted) {
      await sleep(STATE_POLL_MS, undefined, { signal: stopped.signal });
      const outcome = await runs.outcome(id);
      if (outcome !== undefined && outcome.state !== 'SUCCEEDED')
        ended.abort(new Error(`indexingRuns/${id} is ${outcome.state}`));
    }
  };
  // A store that does not answer shows in the job itself.
  poll().catch(() => {});
  return { signal: ended.signal, stop: () => stopped.abort() };
}
