import { setTimeout as sleep } from 'node:timers/promises';
import { type DeadLetter, isLasting, type Job, keepQueued } from '@facet/events';
import { linkSignals } from '@facet/mesh';
import { findLeftovers, keepSwept } from '@facet/objects';
import type { CaptureContext } from '../capture-context.ts';
import { capturePartition } from '../capturing/capture-partition.ts';
import { planSet } from '../planning/plan-set.ts';
import { endSet } from '../sets/end-set.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { findCaptureOrphans } from './capture-orphans.ts';
import { type CaptureJob, parseJob, QUEUE } from './jobs.ts';
import { unfinishedJobs } from './unfinished-jobs.ts';

/** How often a running job looks whether its set was cancelled, deleted or failed elsewhere. */
const STANDING_POLL_MS = 500;
/** A job that waited for all its deliveries has tried for about half a minute. */
const MAX_DELIVER = 6;

export interface WorkerOptions {
  concurrency: number;
  ackWaitMs: number;
  orphanAgeMs: number;
  signal: AbortSignal;
}

/** Takes capture jobs from the queue until `signal` aborts, and queues those again that were lost. */
export async function runWorker(
  context: CaptureContext,
  { concurrency, ackWaitMs, orphanAgeMs, signal }: WorkerOptions,
): Promise<void> {
  const { bus, store, logger } = context;
  await Promise.all([
    bus.work(QUEUE, (job) => runJob(context, job), {
      concurrency,
      maxDeliver: MAX_DELIVER,
      signal,
      onDeadLetter: (letter) => failFromDeadLetter(context, letter),
    }),
    keepQueued(bus, {
      kind: QUEUE,
      ids: context.sets.ids,
      unfinished: (id) => unfinishedJobs(context, id),
      intervalMs: ackWaitMs,
      signal,
      onQueued: (jobs) => logger.warn({ jobs }, 'queued capture jobs again that were lost'),
      onError: (err) => logger.warn({ err }, 'could not look for capture jobs that were lost'),
    }),
    keepSwept({
      finders: [findLeftovers(store), findCaptureOrphans(store)],
      olderThanMs: orphanAgeMs,
      signal,
      onSwept: ({ what, place, bytes }) => logger.info({ place, bytes }, `removed ${what}`),
      onError: (err) => logger.warn({ err }, 'could not remove what killed writers left'),
    }),
  ]);
}

async function runJob(context: CaptureContext, delivered: Job): Promise<void> {
  const job = parseJob(delivered);
  const { record, standing } = await standingOf(context, job);
  // Whoever ended the set may have died before it removed what was written.
  if (standing === 'ended') await settle(context, job);
  if (!record || standing !== 'open') return;
  context.logger.debug({ job: delivered.id, attempt: delivered.attempt }, 'took a capture job');
  const watched = watchStanding(context, job);
  const linked = linkSignals([delivered.signal, watched.signal]);
  try {
    await runTask(context, record, { job, attempt: delivered.attempt, signal: linked.signal });
    await settle(context, job);
  } catch (error) {
    await settleFailure(context, record, { error, delivered, job });
  } finally {
    linked.dispose();
    watched.stop();
  }
}

/**
 * Whether a job's set still wants it: it may have ended, been deleted, or been replaced by another of its id.
 */
type Standing = 'open' | 'ended' | 'deleted' | 'replaced';

async function standingOf(
  { sets }: CaptureContext,
  { set, uid }: CaptureJob,
): Promise<{ standing: Standing; record?: SetRecord }> {
  const record = await sets.find(set);
  if (!record) return { standing: 'deleted' };
  if (record.uid !== uid) return { standing: 'replaced' };
  const outcome = await sets.capture(record).outcome();
  return { standing: outcome === undefined || outcome.state === 'ACTIVE' ? 'open' : 'ended', record };
}

/** Removes what was written for a set that has ended meanwhile; true where there was nothing left to do. */
async function settle(context: CaptureContext, job: CaptureJob): Promise<boolean> {
  const { record, standing } = await standingOf(context, job);
  if (record && standing === 'ended') await context.sets.capture(record).removeData({ shards: true });
  // What was written since lies in the folder of this set alone.
  if (standing === 'deleted' || standing === 'replaced')
    await context.sets.capture({ formatVersion: 2, id: job.set, uid: job.uid }).delete();
  return standing !== 'open';
}

interface Task {
  job: CaptureJob;
  attempt: number;
  signal: AbortSignal;
}

function runTask(context: CaptureContext, record: SetRecord, { job, attempt, signal }: Task): Promise<void> {
  if (job.type === 'plan') return planSet(context, record, signal);
  return capturePartition(context, record, { partition: job.partition, attempt, signal });
}

interface Failure {
  error: unknown;
  delivered: Job;
  job: CaptureJob;
}

/** Decides what a failed job means: nothing for a set that has ended, its end, or another attempt. */
async function settleFailure(
  context: CaptureContext,
  record: SetRecord,
  { error, delivered, job }: Failure,
): Promise<void> {
  // The worker is being stopped: the job goes back to the queue.
  if (delivered.signal.aborted) throw error;
  if (await settle(context, job)) return;
  if (!isLasting(error)) {
    const { id, attempt } = delivered;
    context.logger.warn({ err: error, job: id, attempt }, 'capture job failed; trying again');
    throw error;
  }
  const { reason, message } = error;
  await endSet(context, record, { state: 'FAILED', error: { reason, message } });
}

async function failFromDeadLetter(context: CaptureContext, letter: DeadLetter): Promise<void> {
  const { record, standing } = await standingOf(context, parseJob(letter));
  if (!record || standing !== 'open') return;
  const message = `gave up after ${letter.attempts} attempts: ${letter.reason}`;
  await endSet(context, record, { state: 'FAILED', error: { reason: 'ATTEMPTS_EXHAUSTED', message } });
}

/** Aborts its signal when the set no longer wants the job. */
function watchStanding(context: CaptureContext, job: CaptureJob): { signal: AbortSignal; stop(): void } {
  const ended = new AbortController();
  const stopped = new AbortController();
  const poll = async () => {
    while (!stopped.signal.aborted && !ended.signal.aborted) {
      await sleep(STANDING_POLL_MS, undefined, { signal: stopped.signal });
      const { standing } = await standingOf(context, job);
      if (standing !== 'open') ended.abort(new Error(`activationSets/${job.set} is ${standing}`));
    }
  };
  // A store that does not answer shows in the job itself.
  poll().catch(() => {});
  return { signal: ended.signal, stop: () => stopped.abort() };
}
