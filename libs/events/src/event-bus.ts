/** Kinds of long work; each has a queue of its own. */
export type JobKind = 'capture' | 'train' | 'index';

export const JOB_KINDS: readonly JobKind[] = ['capture', 'train', 'index'];

/** A durable event as a subscriber gets it. */
export interface BusEvent {
  readonly subject: string;
  readonly payload: Uint8Array;
  /** Id under which it was published. */
  readonly id: string;
  /** Marks it as processed: a durable subscription gets it again until then. */
  ack(): void;
}

/** A live message: not kept, not acknowledged. */
export interface LiveMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
}

/** An iterable that is open from the call on; `ready` resolves when nothing published later can be missed. */
export interface Subscription<T> extends AsyncIterable<T> {
  readonly ready: Promise<void>;
}

/** A job as a worker gets it. */
export interface Job {
  readonly id: string;
  readonly payload: Uint8Array;
  /** 1 for the first delivery; more after failures and after workers that died, not after hand-backs by workers that stopped. */
  readonly attempt: number;
  /** Aborts when the worker is stopped, or when the job may have gone to another worker. */
  readonly signal: AbortSignal;
}

/** A job that was given up, with the reason. */
export interface DeadLetter {
  readonly id: string;
  readonly payload: Uint8Array;
  readonly attempts: number;
  readonly reason: string;
}

export interface WorkOptions {
  /** Jobs run at a time. @default 1 */
  concurrency?: number;
  /** Attempts before a job is given up. @default 5 */
  maxDeliver?: number;
  /** Pause before the first redelivery, milliseconds; doubled for every further one, at most 30 s. @default 1000 */
  retryDelayMs?: number;
  /** Stops the worker: no new job, and the signals of running jobs abort. */
  signal?: AbortSignal;
  /** Called before a job is given up, for example to mark its resource FAILED. */
  onDeadLetter?: (letter: DeadLetter) => Promise<void>;
}

/** Events, live messages and work queues between services. Delivery is at least once; order is not promised. */
export interface EventBus {
  /** Keeps an event for subscribers; the same id within 10 minutes counts once. Subjects are `facet.<area>.<...>`. */
  publish(subject: string, payload: Uint8Array, options: { id: string }): Promise<void>;
  /**
   * Events that match `filter` (`*` one token, `>` the rest): from now on; with `durable`, from where the subscribers of
   * that name stopped (at first: all that are kept), each event to one of them, again until it is acked.
   */
  subscribe(filter: string, options?: { durable?: string; signal?: AbortSignal }): Subscription<BusEvent>;
  /** Sends a message to whoever listens now; for progress. A slow listener loses the oldest. */
  broadcast(subject: string, payload: Uint8Array): void;
  /** Live messages that match `filter`, from now on. */
  listen(filter: string, options?: { signal?: AbortSignal }): Subscription<LiveMessage>;
  /** Queues a job; an id that is queued or running already is not queued again. */
  enqueue(kind: JobKind, job: { id: string; payload: Uint8Array }): Promise<void>;
  /**
   * Runs jobs until `signal` aborts or the bus closes. A job is acknowledged after `handler` resolved; FacetErrors of the
   * kinds invalid, precondition, not-found, unimplemented, data-loss and cancelled give it up, one with reason JOB_TAKEN_OVER
   * leaves it to the worker that has it now, others repeat it. A worker that is stopped hands its jobs back, which costs them
   * no attempt.
   */
  work(kind: JobKind, handler: (job: Job) => Promise<void>, options?: WorkOptions): Promise<void>;
  /**
   * Of these ids, those of jobs that neither wait in the queue nor are run by a worker that answers: jobs that were never
   * queued, have ended, or were lost with their queue.
   */
  lost(kind: JobKind, ids: readonly string[]): Promise<string[]>;
  /** Jobs that wait (`pending`) and that run or wait for their next attempt (`active`). */
  queueDepth(kind: JobKind): Promise<{ pending: number; active: number }>;
  /** The newest jobs that were given up, at most 1000, oldest first. */
  deadLetters(kind: JobKind): Promise<DeadLetter[]>;
  /** Throws `unavailable`, naming the address, when the transport does not answer. */
  health(): Promise<void>;
  /** Stops taking jobs, lets running ones finish for `drainMs`, ends all subscriptions and the connection. */
  close(): Promise<void>;
}
