import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FacetError } from '@facet/errors';
import type { TokenizerFacts, TokenizerJob, TokenizerReply, TokenizerResults } from './tokenizer-protocol.ts';

/** A process that holds the tokenizer of a model directory and does one job at a time. */
export interface TokenizerProcess {
  /** Resolves when the tokenizer is loaded; rejects with what is wrong with it. */
  readonly ready: Promise<TokenizerFacts>;
  /** Does a job; the process must be ready and have nothing to do. Rejects with `TokenizerDied` when it ends over the job. */
  run<Job extends TokenizerJob>(job: Job): Promise<TokenizerResults[Job['op']]>;
  /** The index of the text, token or stream that the process has been at for a while; undefined where it said nothing. */
  position(): number | undefined;
  /** Whether it has not ended yet. */
  isAlive(): boolean;
  /** Ends the process at once, whatever it does; what is awaited from it rejects with `error`. */
  end(error: FacetError): Promise<void>;
}

/** The library ended the process, as it does where it cannot go on. */
export class TokenizerDied extends Error {
  override readonly name = 'TokenizerDied';
  /** What the library said last, empty where it said nothing. */
  readonly said: string;

  constructor(said: string, ended: string) {
    super(`a tokenizer process ended with ${ended}: ${said}`);
    this.said = said;
  }
}

/** Characters of its last words that are kept. */
const MAX_SAID = 4096;

/**
 * Starts a process for the model directory. A thread would not do: the library's calls cannot be interrupted inside this process,
 * and it aborts the process where a regular expression passes its limit.
 */
export function startTokenizerProcess(directory: string): TokenizerProcess {
  const child = spawnChild(directory);
  let position: number | undefined;
  let lost: Error | undefined;
  let waiting: { resolve(reply: TokenizerReply): void; reject(error: Error): void } | undefined;

  const reply = () =>
    new Promise<TokenizerReply>((resolve, reject) => {
      if (lost !== undefined) return reject(lost);
      hold(child, true);
      position = undefined;
      waiting = { resolve, reject };
    });
  const settle = (settling: (awaited: NonNullable<typeof waiting>) => void) => {
    const awaited = waiting;
    waiting = undefined;
    hold(child, false);
    if (awaited !== undefined) settling(awaited);
  };
  const lose = (error: Error) => {
    lost ??= error;
    settle(({ reject }) => reject(error));
  };
  const ready = reply().then((said) => ('facts' in said ? said.facts : fail(said)), explainLoad(directory));
  ready.catch(() => {}); // Whoever uses the process sees it.
  child.on('message', (said: TokenizerReply) => {
    if ('at' in said) position = said.at;
    else settle(({ resolve }) => resolve(said));
  });
  child.on('error', (cause) => lose(processLost(cause)));
  const ended = watchEnd(child, lose);
  return {
    ready,
    async run(job) {
      const answered = reply();
      child.send(job, (error) => error && lose(processLost(error)));
      const said = await answered;
      if ('result' in said) return said.result as TokenizerResults[(typeof job)['op']];
      return fail(said);
    },
    position: () => position,
    isAlive: () => lost === undefined && child.exitCode === null && child.signalCode === null,
    async end(error) {
      lose(error);
      child.kill('SIGKILL');
      // Whoever waits for the end is kept running until it comes.
      hold(child, true);
      await ended;
    },
  };
}

function spawnChild(directory: string): ChildProcess {
  return fork(fileURLToPath(new URL('../../dist/tokens/tokenizer-main.js', import.meta.url)), [directory], {
    // The program is compiled, so options that let this process run from sources do not concern it. What the library returns
    // for a text is held until the young objects are collected, and V8 does not see how large it is: collect often. A chat
    // template can ask for any amount of memory: the largest tokenizer.json takes less than 2 GiB.
    execArgv: ['--max-semi-space-size=1', '--max-old-space-size=2048'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, TOKENIZERS_PARALLELISM: 'false', RUST_BACKTRACE: '0' },
  });
}

/** Keeps this process running for the child's sake, or no longer. */
function hold(child: ChildProcess, isHeld: boolean): void {
  const stderr = child.stderr as (NodeJS.ReadableStream & { ref?(): void; unref?(): void }) | null;
  for (const handle of [child, child.channel, stderr]) isHeld ? handle?.ref?.() : handle?.unref?.();
}

/** Calls `lose` with the child's last words when it has ended; resolves then. */
async function watchEnd(child: ChildProcess, lose: (error: Error) => void): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MAX_SAID);
  });
  const [code, signal] = await new Promise<unknown[]>((resolve) => {
    child.once('close', (...how) => resolve(how));
    child.once('error', (cause) => resolve([cause.message]));
  });
  const how = String(signal ?? code);
  const words = PANIC.exec(said)?.[1] ?? OUT_OF_MEMORY.exec(said)?.[0];
  lose(words !== undefined ? new TokenizerDied(words, how) : processLost(new Error(`${how}: ${said}`)));
}

/** What the library writes before it ends the process: a place in its source, then what happened. */
const PANIC = /panicked at [^\n]*\n([^\n]*)/;
/** What V8 writes before it ends the process. */
const OUT_OF_MEMORY = /JavaScript heap out of memory/;

function explainLoad(directory: string) {
  return (error: Error): never => {
    if (!(error instanceof TokenizerDied)) throw error;
    throw new FacetError(
      'invalid',
      `${directory}/tokenizer.json cannot be loaded; the tokenizer library broke off: ${error.said || error.message}`,
      { cause: error, reason: 'TOKENIZER_INVALID' },
    );
  };
}

function fail(said: TokenizerReply): never {
  if ('failure' in said) {
    const { kind, message, reason } = said.failure;
    throw new FacetError(kind, message, { reason });
  }
  throw new Error('bug' in said ? said.bug : 'the tokenizer process answered something else');
}

function processLost(cause: unknown): FacetError {
  return new FacetError('unavailable', 'a tokenizer process was lost; try again', {
    cause,
    reason: 'TOKENIZER_LOST',
  });
}
