import type { DeadLetter } from './event-bus.ts';
import type { Delivery, JobSource } from './job-runner.ts';
import { MAX_QUEUED_JOBS, queueFull } from './limits.ts';

/** Dead letters that are kept; the oldest are dropped beyond. */
const MAX_DEAD_LETTERS = 1_000;

interface QueuedJob {
  id: string;
  payload: Uint8Array;
  attempts: number;
  state: 'pending' | 'active';
  /** Counts deliveries, so that a late answer to an old one has no effect. */
  lease: number;
  timer: NodeJS.Timeout | undefined;
}

/** A work queue in this process: leases, redelivery, dead letters. */
export interface MemoryQueue {
  enqueue(id: string, payload: Uint8Array): void;
  /** A source for one worker; `connected` false makes its heartbeats and acks fail, as a dead process's would. */
  source(ackWaitMs: number, connected: () => boolean): JobSource;
  /** Whether a job of this id waits or runs. */
  has(id: string): boolean;
  depth(): { pending: number; active: number };
  deadLetters(): DeadLetter[];
}

/** Creates an empty queue. */
export function createMemoryQueue(): MemoryQueue {
  const jobs = new Map<string, QueuedJob>();
  const pending: QueuedJob[] = [];
  const waiting = new Set<() => void>();
  const dead: DeadLetter[] = [];

  const release = (job: QueuedJob) => {
    clearTimeout(job.timer);
    job.state = 'pending';
    job.lease++;
    pending.push(job);
    for (const wake of waiting) wake();
  };
  const remove = (job: QueuedJob) => {
    clearTimeout(job.timer);
    job.lease++;
    jobs.delete(job.id);
  };
  const bury = (job: QueuedJob, letter: DeadLetter) => {
    remove(job);
    dead.push(letter);
    if (dead.length > MAX_DEAD_LETTERS) dead.shift();
  };

  function deliver(job: QueuedJob, ackWaitMs: number, connected: () => boolean): Delivery {
    job.state = 'active';
    job.attempts++;
    job.lease++;
    const { lease } = job;
    const extend = () => {
      clearTimeout(job.timer);
      job.timer = setTimeout(() => release(job), ackWaitMs);
    };
    const settle = async (action: () => void) => {
      if (connected() && job.lease === lease) action();
    };
    extend();
    return {
      id: job.id,
      payload: job.payload,
      attempt: job.attempts,
      heartbeat: () => {
        const held = connected() && job.lease === lease;
        if (held) extend();
        return held;
      },
      ack: () => settle(() => remove(job)),
      bury: (letter) => settle(() => bury(job, letter)),
      handBack: () =>
        settle(() => {
          job.attempts--;
          release(job);
        }),
      retry: (delayMs) =>
        settle(() => {
          clearTimeout(job.timer);
          if (delayMs === 0) release(job);
          else job.timer = setTimeout(() => release(job), delayMs);
        }),
    };
  }

  return {
    enqueue: (id, payload) => {
      if (jobs.has(id)) return;
      if (jobs.size >= MAX_QUEUED_JOBS) throw queueFull();
      const job: QueuedJob = { id, payload, attempts: 0, state: 'pending', lease: 0, timer: undefined };
      jobs.set(id, job);
      release(job);
    },
    source: (ackWaitMs, connected) => ({
      ackWaitMs,
      take: async (signal) => {
        while (!signal.aborted && (pending.length === 0 || !connected())) await nextRelease(waiting, signal);
        const job = signal.aborted ? undefined : pending.shift();
        return job === undefined ? undefined : deliver(job, ackWaitMs, connected);
      },
    }),
    has: (id) => jobs.has(id),
    depth: () => ({ pending: pending.length, active: jobs.size - pending.length }),
    deadLetters: () => [...dead],
  };
}

/** Resolves when a job becomes pending, or `signal` aborts. */
function nextRelease(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
