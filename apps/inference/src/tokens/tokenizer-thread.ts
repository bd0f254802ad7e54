import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import type {
  TokenizerFacts,
  TokenizerJob,
  TokenizerReply,
  TokenizerResults,
  TokenizerThreadData,
} from './tokenizer-protocol.ts';

/** A thread that holds the tokenizer of a model directory and does one job at a time. */
export interface TokenizerThread {
  /** Resolves when the tokenizer is loaded; rejects with what is wrong with it. */
  readonly ready: Promise<TokenizerFacts>;
  /** Does a job; the thread must be ready and have nothing to do. */
  run<Job extends TokenizerJob>(job: Job): Promise<TokenizerResults[Job['op']]>;
  /** The index of the text, token or stream that the thread is at. */
  position(): number;
  /** Ends the thread at once, whatever it does; what is awaited from it rejects with `error`. */
  end(error: FacetError): Promise<void>;
}

/** Starts a thread for the model directory. */
export function startTokenizerThread(directory: string): TokenizerThread {
  const position = new Int32Array(new SharedArrayBuffer(4));
  const workerData: TokenizerThreadData = { directory, position };
  const worker = new Worker(new URL('../../dist/tokens/tokenizer-worker.js', import.meta.url), {
    workerData,
    // The thread is compiled; options that let this process run from sources do not concern it.
    execArgv: [],
  });
  let lost: Error | undefined;
  let waiting: { resolve(reply: TokenizerReply): void; reject(error: Error): void } | undefined;

  const reply = () =>
    new Promise<TokenizerReply>((resolve, reject) => {
      if (lost !== undefined) return reject(lost);
      worker.ref();
      waiting = { resolve, reject };
    });
  const settle = (settling: (awaited: NonNullable<typeof waiting>) => void) => {
    const awaited = waiting;
    waiting = undefined;
    worker.unref();
    if (awaited !== undefined) settling(awaited);
  };
  const lose = (error: Error) => {
    lost ??= error;
    settle(({ reject }) => reject(error));
  };
  const ready = reply().then((said) => ('facts' in said ? said.facts : fail(said)));
  ready.catch(() => {}); // Whoever uses the thread sees it.
  worker.on('message', (said: TokenizerReply) => settle(({ resolve }) => resolve(said)));
  worker.on('error', (cause) => lose(threadLost(cause)));
  worker.on('exit', (code) => lose(threadLost(new Error(`the thread exited with code ${code}`))));
  return {
    ready,
    async run(job) {
      const answered = reply();
      worker.postMessage(job);
      const said = await answered;
      if ('result' in said) return said.result as TokenizerResults[(typeof job)['op']];
      return fail(said);
    },
    position: () => Atomics.load(position, 0),
    async end(error) {
      lose(error);
      await worker.terminate();
    },
  };
}

function fail(said: TokenizerReply): never {
  if ('failure' in said) {
    const { kind, message, reason } = said.failure;
    throw new FacetError(kind, message, { reason });
  }
  throw new Error('bug' in said ? said.bug : 'the tokenizer thread answered something else');
}

function threadLost(cause: unknown): FacetError {
  return new FacetError('unavailable', 'a tokenizer thread was lost; try again', {
    cause,
    reason: 'TOKENIZER_THREAD_LOST',
  });
}
