import { FacetError } from '@facet/errors';
import type { Logger } from '@facet/mesh';
import { createJobQueue, type JobQueue } from './job-queue.ts';
import type { DecodedStep, DecodeStep, EncodedTexts, TokenizerFacts } from './tokenizer-protocol.ts';

/**
 * The tokenizer of one model, in threads of its own: a text may take seconds, and a regular expression of
 * `tokenizer.json` may take for ever. Nothing of it runs on the thread that serves calls. A job is ended when it takes too
 * long, and soon after its signal aborts.
 */
export interface TokenizerPool {
  readonly facts: TokenizerFacts;
  /** How many long jobs are done at once. */
  readonly threads: number;
  /** Encodes texts. */
  encode(texts: readonly string[], options: EncodeOptions): Promise<EncodedTexts>;
  /** The texts of tokens as they read inside running text; empty for ids that have no token. */
  tokenTexts(ids: ArrayLike<number>, signal: AbortSignal): Promise<string[]>;
  /** Carries streams of generated text on, each by one step. */
  decode(steps: readonly DecodeStep[], signal: AbortSignal): Promise<DecodedStep[]>;
  close(): Promise<void>;
}

export interface EncodeOptions {
  /** Whether special tokens are added as for a prompt. */
  addSpecial: boolean;
  signal: AbortSignal;
}

export interface TokenizerPoolOptions {
  /** Threads for long texts; one more does what is short. */
  threads: number;
  /** Longest time of a job, milliseconds; long texts get more, see `MS_PER_CHAR`. */
  jobMs: number;
  logger: Logger;
}

/** Jobs up to this many characters are short: they never wait for long ones. */
const SHORT_CHARS = 1024;
/** Tokens read in one job: others get their turn between two. */
const JOB_TOKENS = 1024;
/** Time that a text gets on top for each of its characters: a fifth of the speed of two busy cores. */
const MS_PER_CHAR = 0.04;

/** Loads the tokenizer of a model directory; rejects with what is wrong with its files. */
export async function openTokenizerPool(
  directory: string,
  { threads, ...options }: TokenizerPoolOptions,
): Promise<TokenizerPool> {
  const short = createJobQueue({ ...options, directory, threads: 1 });
  const long = createJobQueue({ ...options, directory, threads });
  const close = async () => {
    await Promise.all([short.close(), long.close()]);
  };
  const facts = await short.ready().catch(async (error) => {
    await close();
    throw error;
  });
  const known = createKnownTexts(facts, short, options.jobMs);
  return {
    facts,
    threads,
    async encode(texts, { addSpecial, signal }) {
      const chars = texts.reduce((sum, { length }) => sum + length, 0);
      const queue = chars <= SHORT_CHARS ? short : long;
      const limitMs = Math.round(options.jobMs + MS_PER_CHAR * chars);
      const late = (position: number) => tooSlow(texts[position] ?? '', limitMs);
      return queue.run({ op: 'encode', texts, addSpecial }, { signal, limitMs, late });
    },
    tokenTexts: known,
    decode(steps, signal) {
      const limitMs = options.jobMs;
      return short.run({ op: 'decode', steps }, { signal, limitMs, late: () => decodingTooSlow(limitMs) });
    },
    close,
  };
}

/** Reads the texts of tokens, each only once. */
function createKnownTexts({ tokenIds }: TokenizerFacts, queue: JobQueue, limitMs: number) {
  const exists = new Set(tokenIds);
  const texts = new Map<number, string>();
  return async (ids: ArrayLike<number>, signal: AbortSignal): Promise<string[]> => {
    const all = Array.from(ids);
    const missing = [...new Set(all)].filter((id) => exists.has(id) && !texts.has(id));
    for (let first = 0; first < missing.length; first += JOB_TOKENS) {
      const ids = Int32Array.from(missing.slice(first, first + JOB_TOKENS));
      const late = () => decodingTooSlow(limitMs);
      const read = await queue.run({ op: 'token-texts', ids }, { signal, limitMs, late });
      ids.forEach((id, index) => {
        texts.set(id, read[index]!);
      });
    }
    return all.map((id) => texts.get(id) ?? '');
  };
}

const REMEDY = 'a regular expression in tokenizer.json may backtrack without end: mend it';

function tooSlow({ length }: string, limitMs: number): FacetError {
  return new FacetError(
    'exhausted',
    `tokenizing a text of ${length} characters took longer than ${limitMs} ms, the limit; send shorter texts; ${REMEDY}`,
    {
      reason: 'TOKENIZING_TOO_SLOW',
      metadata: { characters: String(length), limitMs: String(limitMs) },
    },
  );
}

function decodingTooSlow(limitMs: number): FacetError {
  return new FacetError(
    'exhausted',
    `turning tokens into text took longer than ${limitMs} ms, the limit; ${REMEDY}`,
    { reason: 'DETOKENIZING_TOO_SLOW', metadata: { limitMs: String(limitMs) } },
  );
}
