import type { EventBus, JobKind } from './event-bus.ts';
import { pause } from './job-runner.ts';

/** A job as it is queued. */
export interface QueuedJob {
  id: string;
  payload: Uint8Array;
}

export interface KeepQueuedOptions {
  kind: JobKind;
  /** Ids of everything in the object store that may be unfinished. */
  ids(): Promise<readonly string[]>;
  /** The jobs that one of them waits for, none where it has ended. A job that is given although it is done is harmless. */
  unfinished(id: string): AsyncIterable<QueuedJob>;
  /** Pause between two looks, milliseconds. */
  intervalMs: number;
  signal: AbortSignal;
  /** Told of the jobs that were lost and are queued again. */
  onQueued?(ids: readonly string[]): void;
  /** Told of a look that failed, as a whole or at one id (whose document is damaged); the next one comes after the pause. */
  onError(error: unknown): void;
}

/** Jobs that are asked about at a time. */
const JOBS_PER_QUESTION = 1_000;

/**
 * Queues lost jobs again, at once and every `intervalMs`, until `signal` aborts. The object store holds the truth: whatever is
 * unfinished there and neither waits in the queue nor is run by a worker lost its job, with a queue that was wiped or a
 * process that was killed. Any number of replicas may do this at once: an id is queued once.
 */
export async function keepQueued(
  bus: Pick<EventBus, 'lost' | 'enqueue'>,
  options: KeepQueuedOptions,
): Promise<void> {
  const { intervalMs, signal, onQueued, onError } = options;
  while (!signal.aborted) {
    try {
      const queued = await queueLost(bus, options);
      if (queued.length > 0) onQueued?.(queued);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await pause(intervalMs, signal);
  }
}

async function queueLost(
  bus: Pick<EventBus, 'lost' | 'enqueue'>,
  options: KeepQueuedOptions,
): Promise<string[]> {
  const { kind, signal } = options;
  const queued: string[] = [];
  let jobs = new Map<string, QueuedJob>();
  const ask = async () => {
    for (const id of await bus.lost(kind, [...jobs.keys()])) {
      if (signal.aborted) return;
      await bus.enqueue(kind, jobs.get(id)!);
      queued.push(id);
    }
    jobs = new Map();
  };
  for await (const job of unfinishedJobs(options)) {
    if (signal.aborted) return queued;
    jobs.set(job.id, job);
    if (jobs.size === JOBS_PER_QUESTION) await ask();
  }
  if (jobs.size > 0) await ask();
  return queued;
}

/** The jobs of all ids; one that cannot be read is told of and keeps none of the others from being looked at. */
async function* unfinishedJobs({
  ids,
  unfinished,
  signal,
  onError,
}: KeepQueuedOptions): AsyncGenerator<QueuedJob> {
  for (const id of await ids()) {
    if (signal.aborted) return;
    let found: QueuedJob[] = [];
    try {
      found = await collect(unfinished(id));
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    yield* found;
  }
}

async function collect(jobs: AsyncIterable<QueuedJob>): Promise<QueuedJob[]> {
  const found: QueuedJob[] = [];
  for await (const job of jobs) found.push(job);
  return found;
}
