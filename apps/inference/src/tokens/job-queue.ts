import { FacetError, isFacetError } from '@facet/errors';
import { createTurnstile, type Logger } from '@facet/mesh';
import { startTokenizerProcess, TokenizerDied, type TokenizerProcess } from './tokenizer-process.ts';
import type { TokenizerFacts, TokenizerJob, TokenizerResults } from './tokenizer-protocol.ts';

/** Jobs for a few equal processes, in order of arrival. */
export interface JobQueue {
  /** Starts a process; resolves when its tokenizer is loaded. */
  ready(): Promise<TokenizerFacts>;
  /** Does a job when a process is free; a process whose job takes too long, or was given up, is replaced. */
  run<Job extends TokenizerJob>(job: Job, options: JobOptions): Promise<TokenizerResults[Job['op']]>;
  /** Ends the processes and what they do. */
  close(): Promise<void>;
}

export interface JobOptions {
  signal: AbortSignal;
  /** Longest time of the job once it has begun, milliseconds. */
  limitMs: number;
  /** The error of a job that took longer; `position` is the item that the child was at. */
  late(position: number | undefined): FacetError;
  /** The error of a job over which the library ended its process; `said` is what it said. */
  died(position: number | undefined, said: string): FacetError;
}

export interface JobQueueOptions {
  directory: string;
  /** Most processes; each starts when it is first needed. */
  processes: number;
  logger: Logger;
}

/** Jobs that may wait; more are refused. */
const MAX_WAITING = 1024;
/** A job that nobody waits for may still end by itself for this long: starting a process anew costs more. */
const GIVEN_UP_MS = 500;

/** Creates a queue; no process is started yet. */
export function createJobQueue({ directory, processes, logger }: JobQueueOptions): JobQueue {
  const turnstile = createTurnstile({ capacity: processes, maxWaiting: MAX_WAITING, place: 'the tokenizer' });
  /** Processes without a job. */
  const idle: TokenizerProcess[] = [];
  const all = new Set<TokenizerProcess>();
  let isClosed = false;

  const start = (): TokenizerProcess => {
    const child = startTokenizerProcess(directory);
    all.add(child);
    return child;
  };
  const end = async (child: TokenizerProcess, error: FacetError) => {
    all.delete(child);
    await child.end(error);
  };
  const takeIdle = (): TokenizerProcess | undefined => {
    const child = idle.pop();
    if (child === undefined || child.isAlive()) return child;
    all.delete(child);
    return takeIdle();
  };
  const run = async <Job extends TokenizerJob>(job: Job, options: JobOptions) => {
    if (isClosed) throw closed();
    const child = takeIdle() ?? start();
    const lose = (error: FacetError) => {
      logger.warn(
        { directory, reason: error.reason, limitMs: options.limitMs },
        'a tokenizer process is replaced',
      );
      void end(child, error);
    };
    try {
      return await performWatched(child, job, { ...options, lose });
    } catch (error) {
      if (!isAnswer(error)) void end(child, cancelled());
      throw error;
    } finally {
      if (all.has(child)) idle.push(child);
    }
  };
  return {
    ready() {
      const child = start();
      idle.push(child);
      return child.ready;
    },
    async run(job, options) {
      const leave = await turnstile.enter(options.signal);
      return unlessAborted(run(job, options).finally(leave), options.signal);
    },
    async close() {
      isClosed = true;
      await Promise.all([...all].map((child) => end(child, closed())));
    },
  };
}

interface WatchedOptions extends JobOptions {
  /** Ends the child. */
  lose(error: FacetError): void;
}

/** Has a process do a job; the child is lost when the job is late, and soon after nobody waits for it any more. */
async function performWatched<Job extends TokenizerJob>(
  child: TokenizerProcess,
  job: Job,
  { signal, limitMs, late, died, lose }: WatchedOptions,
): Promise<TokenizerResults[Job['op']]> {
  await child.ready;
  if (signal.aborted) throw cancelled();
  const tooLate = setTimeout(() => lose(late(child.position())), limitMs);
  let givenUp: NodeJS.Timeout | undefined;
  const giveUp = () => {
    givenUp = setTimeout(() => lose(cancelled()), GIVEN_UP_MS);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await child.run(job);
  } catch (error) {
    throw error instanceof TokenizerDied ? died(child.position(), error.said) : error;
  } finally {
    clearTimeout(tooLate);
    clearTimeout(givenUp);
    signal.removeEventListener('abort', giveUp);
  }
}

/** Kinds of errors after which a process is as good as before: it was not begun with, or it has answered. */
const ANSWERS: ReadonlySet<string> = new Set(['cancelled', 'invalid', 'precondition']);

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
