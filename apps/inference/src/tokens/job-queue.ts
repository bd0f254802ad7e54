import { FacetError, isFacetError } from '@facet/errors';
import { createTurnstile, type Logger } from '@facet/mesh';
import type { TokenizerFacts, TokenizerJob, TokenizerResults } from './tokenizer-protocol.ts';
import { startTokenizerThread, type TokenizerThread } from './tokenizer-thread.ts';

/** Jobs for a few equal threads, in order of arrival. */
export interface JobQueue {
  /** Starts a thread; resolves when its tokenizer is loaded. */
  ready(): Promise<TokenizerFacts>;
  /** Does a job when a thread is free; a thread whose job takes too long, or was given up, is replaced. */
  run<Job extends TokenizerJob>(job: Job, options: JobOptions): Promise<TokenizerResults[Job['op']]>;
  /** Ends the threads and what they do. */
  close(): Promise<void>;
}

export interface JobOptions {
  signal: AbortSignal;
  /** Longest time of the job once it has begun, milliseconds. */
  limitMs: number;
  /** The error of a job that took longer; `position` is the item that the thread was at. */
  late(position: number): FacetError;
}

export interface JobQueueOptions {
  directory: string;
  /** Most threads; each starts when it is first needed. */
  threads: number;
  logger: Logger;
}

/** Jobs that may wait; more are refused. */
const MAX_WAITING = 1024;
/** A job that nobody waits for may still end by itself for this long: starting a thread anew costs more. */
const GIVEN_UP_MS = 500;

/** Creates a queue; no thread is started yet. */
export function createJobQueue({ directory, threads, logger }: JobQueueOptions): JobQueue {
  const turnstile = createTurnstile({ capacity: threads, maxWaiting: MAX_WAITING, place: 'the tokenizer' });
  /** Threads without a job. */
  const idle: TokenizerThread[] = [];
  const all = new Set<TokenizerThread>();
  let isClosed = false;

  const start = (): TokenizerThread => {
    const thread = startTokenizerThread(directory);
    all.add(thread);
    return thread;
  };
  const end = async (thread: TokenizerThread, error: FacetError) => {
    all.delete(thread);
    await thread.end(error);
  };
  const run = async <Job extends TokenizerJob>(job: Job, options: JobOptions) => {
    if (isClosed) throw closed();
    const thread = idle.pop() ?? start();
    const lose = (error: FacetError) => {
      logger.warn(
        { directory, reason: error.reason, limitMs: options.limitMs },
        'a tokenizer thread is replaced',
      );
      void end(thread, error);
    };
    try {
      return await performWatched(thread, job, { ...options, lose });
    } catch (error) {
      if (!isAnswer(error)) void end(thread, cancelled());
      throw error;
    } finally {
      if (all.has(thread)) idle.push(thread);
    }
  };
  return {
    ready() {
      const thread = start();
      idle.push(thread);
      return thread.ready;
    },
    async run(job, options) {
      const leave = await turnstile.enter(options.signal);
      return unlessAborted(run(job, options).finally(leave), options.signal);
    },
    async close() {
      isClosed = true;
      await Promise.all([...all].map((thread) => end(thread, closed())));
    },
  };
}

interface WatchedOptions extends JobOptions {
  /** Ends the thread. */
  lose(error: FacetError): void;
}

/** Has a thread do a job; the thread is lost when the job is late, and soon after nobody waits for it any more. */
async function performWatched<Job extends TokenizerJob>(
  thread: TokenizerThread,
  job: Job,
  { signal, limitMs, late, lose }: WatchedOptions,
): Promise<TokenizerResults[Job['op']]> {
  await thread.ready;
  if (signal.aborted) throw cancelled();
  const tooLate = setTimeout(() => lose(late(thread.position())), limitMs);
  let givenUp: NodeJS.Timeout | undefined;
  const giveUp = () => {
    givenUp = setTimeout(() => lose(cancelled()), GIVEN_UP_MS);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await thread.run(job);
  } finally {
    clearTimeout(tooLate);
    clearTimeout(givenUp);
    signal.removeEventListener('abort', giveUp);
  }
}

/** Kinds of errors after which a thread is as good as before: it was not begun with, or it has answered. */
const ANSWERS: ReadonlySet<string> = new Set(['cancelled', 'invalid']);

function isAnswer(error: unknown): boolean {
  return isFacetError(error) && ANSWERS.has(error.kind);
}

/** Waits for `done`, but not after `signal` aborts. */
async function unlessAborted<T>(done: Promise<T>, signal: AbortSignal): Promise<T> {
  let abandon = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abandon = () => reject(cancelled());
    signal.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([done, aborted]);
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

function cancelled(): FacetError {
  return new FacetError('cancelled', 'the call was cancelled before its text was read');
}

function closed(): FacetError {
  return new FacetError('precondition', 'the model is closed', { reason: 'MODEL_CLOSED' });
}
