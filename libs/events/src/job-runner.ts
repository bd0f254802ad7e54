import { setTimeout as sleep } from 'node:timers/promises';
import { type FacetErrorKind, isFacetError } from '@facet/errors';
import type { DeadLetter, Job, WorkOptions } from './event-bus.ts';
import { JOB_TAKEN_OVER, LASTING_KINDS } from './lasting-errors.ts';

/** One delivery of a job by a transport. */
export interface Delivery {
  readonly id: string;
  readonly payload: Uint8Array;
  readonly attempt: number;
  /** Extends the lease; false when the transport cannot be reached now. */
  heartbeat(): boolean;
  /** Removes the job from the queue. */
  ack(): Promise<void>;
  /** Gives a failed job back, to be delivered again after a pause. */
  retry(delayMs: number): Promise<void>;
  /** Gives the job back at once, as if it had not been delivered: its next delivery has the same `attempt`. */
  handBack(): Promise<void>;
  /** Moves the job to the dead letters. */
  bury(letter: DeadLetter): Promise<void>;
}

/** Where deliveries come from. */
export interface JobSource {
  /** How long a delivery stays with its worker without a heartbeat, milliseconds. */
  readonly ackWaitMs: number;
  /** Waits for the next delivery; undefined when there is none yet, or `signal` aborted. */
  take(signal: AbortSignal): Promise<Delivery | undefined>;
}

/** The two ways a worker is stopped. */
export interface StopSignals {
  /** No new job is taken. */
  readonly stop: AbortSignal;
  /** Running jobs are told to end. */
  readonly abort: AbortSignal;
}

const DEFAULT_MAX_DELIVER = 5;
const DEFAULT_RETRY_DELAY_MS = 1_000;
const MAX_RETRY_DELAY_MS = 30_000;
/** Heartbeats per lease: two may be lost. */
const HEARTBEATS_PER_LEASE = 3;

/** Errors that end a job at its first attempt. */
const TERMINAL: ReadonlySet<FacetErrorKind> = new Set([...LASTING_KINDS, 'cancelled']);

/** Takes and runs jobs in `concurrency` slots until told to stop. */
export async function runJobs(
  source: JobSource,
  handler: (job: Job) => Promise<void>,
  options: WorkOptions & { signals: StopSignals; running: RunningJobs },
): Promise<void> {
  const { stop } = options.signals;
  const slot = async () => {
    while (!stop.aborted) {
      const delivery = await source.take(stop);
      if (delivery === undefined) continue;
      if (stop.aborted) await delivery.handBack().catch(() => undefined);
      else await runJob(delivery, handler, { ...options, ackWaitMs: source.ackWaitMs });
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 1 }, slot));
}

/** Ids of the jobs that this process runs, with how many times each: one that was lost and queued again may come twice. */
export type RunningJobs = Map<string, number>;

type RunOptions = WorkOptions & { signals: StopSignals; running: RunningJobs; ackWaitMs: number };

async function runJob(
  delivery: Delivery,
  handler: (job: Job) => Promise<void>,
  options: RunOptions,
): Promise<void> {
  const leave = enter(options.running, delivery.id);
  try {
    const outcome = await runHandler(delivery, handler, options);
    await settle(delivery, outcome, options);
  } catch (error) {
    // The job was not settled, so it comes again; its worker goes on.
    if (!isFacetError(error) || error.kind !== 'unavailable')
      await delivery.retry(MAX_RETRY_DELAY_MS).catch(() => {});
  } finally {
    leave();
  }
}

function enter(running: RunningJobs, id: string): () => void {
  running.set(id, (running.get(id) ?? 0) + 1);
  return () => {
    const others = running.get(id)! - 1;
    if (others > 0) running.set(id, others);
    else running.delete(id);
  };
}

/** What is to become of a delivery. */
type Outcome =
  | { done: true }
  | { retryInMs: number }
  | { giveUpBecause: string }
  | { handedBack: true }
  | { leftAlone: true };

async function runHandler(
  delivery: Delivery,
  handler: (job: Job) => Promise<void>,
  options: RunOptions,
): Promise<Outcome> {
  const { id, payload, attempt } = delivery;
  const { maxDeliver = DEFAULT_MAX_DELIVER } = options;
  if (attempt > maxDeliver) return { giveUpBecause: `no worker finished it in ${maxDeliver} attempts` };
  const lease = holdLease(delivery, options);
  try {
    await handler({ id, payload, attempt, signal: lease.signal });
    return { done: true };
  } catch (error) {
    return outcomeOfFailure(error, { attempt, lease: lease.signal, options });
  } finally {
    lease.release();
  }
}

function outcomeOfFailure(
  error: unknown,
  { attempt, lease, options }: { attempt: number; lease: AbortSignal; options: RunOptions },
): Outcome {
  const { signals, maxDeliver = DEFAULT_MAX_DELIVER, retryDelayMs = DEFAULT_RETRY_DELAY_MS } = options;
  if (isFacetError(error) && error.reason === JOB_TAKEN_OVER) return { leftAlone: true };
  if (signals.abort.aborted) return { handedBack: true };
  // The lease is lost: another worker may have the job by now, and what this one ended with says nothing about it.
  if (lease.aborted) return { leftAlone: true };
  const terminal = isFacetError(error) && TERMINAL.has(error.kind);
  if (terminal || attempt >= maxDeliver)
    return { giveUpBecause: error instanceof Error ? error.message : String(error) };
  return { retryInMs: Math.min(retryDelayMs * 2 ** (attempt - 1), MAX_RETRY_DELAY_MS) };
}

async function settle(delivery: Delivery, outcome: Outcome, { onDeadLetter }: RunOptions): Promise<void> {
  if ('leftAlone' in outcome) return;
  if ('handedBack' in outcome) return delivery.handBack();
  if ('done' in outcome) return delivery.ack();
  if ('retryInMs' in outcome) return delivery.retry(outcome.retryInMs);
  const { id, payload, attempt } = delivery;
  const letter = { id, payload, attempts: attempt, reason: outcome.giveUpBecause };
  await onDeadLetter?.(letter);
  await delivery.bury(letter);
}

interface Lease {
  readonly signal: AbortSignal;
  release(): void;
}

/** Keeps the delivery with this worker; its signal aborts when told to, and when no heartbeat got through for a lease. */
function holdLease(delivery: Delivery, { signals, ackWaitMs }: RunOptions): Lease {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signals.abort.reason);
  signals.abort.addEventListener('abort', onAbort, { once: true });
  if (signals.abort.aborted) onAbort();
  let extendedAtMs = performance.now();
  const timer = setInterval(() => {
    if (delivery.heartbeat()) extendedAtMs = performance.now();
    else if (performance.now() - extendedAtMs >= ackWaitMs) {
      controller.abort(
        new Error(`lost the lease of job ${delivery.id}: no heartbeat got through for ${ackWaitMs} ms`),
      );
    }
  }, ackWaitMs / HEARTBEATS_PER_LEASE);
  const release = () => {
    clearInterval(timer);
    signals.abort.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, release };
}

/** The stop signals of a worker: `caller` ends at once, `closing` stops taking jobs and aborts after `drainMs`. */
export function stopSignals(
  caller: AbortSignal | undefined,
  closing: AbortSignal,
  drainMs: number,
): StopSignals & Disposer {
  const stop = new AbortController();
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onCaller = () => {
    stop.abort();
    abort.abort(caller?.reason);
  };
  const onClosing = () => {
    stop.abort();
    timer = setTimeout(() => abort.abort(new Error('the event bus is closed')), drainMs);
  };
  const links = [
    [caller, onCaller],
    [closing, onClosing],
  ] as const;
  for (const [signal, listener] of links) {
    if (signal?.aborted) listener();
    else signal?.addEventListener('abort', listener, { once: true });
  }
  const dispose = () => {
    clearTimeout(timer);
    for (const [signal, listener] of links) signal?.removeEventListener('abort', listener);
  };
  return { stop: stop.signal, abort: abort.signal, dispose };
}

interface Disposer {
  dispose(): void;
}

/** Waits, or less when `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
