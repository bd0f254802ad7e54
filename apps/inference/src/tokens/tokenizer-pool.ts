import { FacetError, quote } from '@facet/errors';
import type { Logger } from '@facet/mesh';
import { createJobQueue, type JobOptions, type JobQueue } from './job-queue.ts';
import type {
  DecodedStep,
  DecodeStep,
  EncodedTexts,
  RenderJob,
  TokenizerFacts,
} from './tokenizer-protocol.ts';

/**
 * The tokenizer of one model, in processes of its own: a text may take seconds, and a regular expression of
 * `tokenizer.json` may take for ever or end the process. Nothing of it runs in the process that serves calls. A job is ended when it takes too
 * long, and soon after its signal aborts.
 */
export interface TokenizerPool {
  readonly facts: TokenizerFacts;
  /** How many long jobs are done at once. */
  readonly processes: number;
  /** Private memory of all its processes, as large as the first one was when it had loaded. */
  readonly memoryBytes: number;
  /** Encodes texts. */
  encode(texts: readonly string[], options: EncodeOptions): Promise<EncodedTexts>;
  /** The texts of tokens as they read inside running text; empty for ids that have no token. */
  tokenTexts(ids: ArrayLike<number>, signal: AbortSignal): Promise<string[]>;
  /** Carries streams of generated text on, each by one step. */
  decode(steps: readonly DecodeStep[], signal: AbortSignal): Promise<DecodedStep[]>;
  /** Writes a chat as text by one of the model's chat templates. */
  renderChat(chat: Omit<RenderJob, 'op'>, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

export interface EncodeOptions {
  /** Whether special tokens are added as for a prompt. */
  addSpecial: boolean;
  signal: AbortSignal;
}

export interface TokenizerPoolOptions {
  /** Processes for long texts; one more does what is short. */
  processes: number;
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
  { processes, ...options }: TokenizerPoolOptions,
): Promise<TokenizerPool> {
  const short = createJobQueue({ ...options, directory, processes: 1 });
  const long = createJobQueue({ ...options, directory, processes });
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
    processes,
    memoryBytes: (1 + processes) * facts.privateBytes,
    async encode(texts, { addSpecial, signal }) {
      const chars = texts.reduce((sum, { length }) => sum + length, 0);
      const queue = chars <= SHORT_CHARS ? short : long;
      const limitMs = Math.round(options.jobMs + MS_PER_CHAR * chars);
      return queue.run(
        { op: 'encode', texts, addSpecial },
        { signal, limitMs, ...encodingErrors(texts, limitMs) },
      );
    },
    tokenTexts: known,
    decode(steps, signal) {
      const limitMs = options.jobMs;
      return short.run({ op: 'decode', steps }, { signal, limitMs, ...decodingErrors(limitMs) });
    },
    renderChat(chat, signal) {
      const chars = chat.messages.reduce((sum, { content }) => sum + content.length, 0);
      const limitMs = Math.round(options.jobMs + MS_PER_CHAR * chars);
      // A template may never end: it may not stand in the way of what is short.
      return long.run({ op: 'render', ...chat }, { signal, limitMs, ...renderingErrors(chat, limitMs) });
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
      const read = await queue.run(
        { op: 'token-texts', ids },
        { signal, limitMs, ...decodingErrors(limitMs) },
      );
      ids.forEach((id, index) => {
        texts.set(id, read[index]!);
      });
    }
    return all.map((id) => texts.get(id) ?? '');
  };
}

type JobErrors = Pick<JobOptions, 'late' | 'died'>;

const REMEDY = 'a regular expression in tokenizer.json may backtrack without end: mend it';

function encodingErrors(texts: readonly string[], limitMs: number): JobErrors {
  const named = (position: number | undefined): { text: string; metadata: Record<string, string> } => {
    const at = position ?? (texts.length === 1 ? 0 : undefined);
    return at === undefined
      ? { text: `one of ${texts.length} texts`, metadata: {} }
      : {
          text: `a text of ${texts[at]!.length} characters`,
          metadata: { characters: String(texts[at]!.length) },
        };
  };
  const reason = 'TOKENIZING_TOO_SLOW';
  return {
    late(position) {
      const { text, metadata } = named(position);
      const problem = `tokenizing ${text} took longer than ${limitMs} ms, the limit; send shorter texts; ${REMEDY}`;
      return new FacetError('exhausted', problem, {
        reason,
        metadata: { ...metadata, limitMs: String(limitMs) },
      });
    },
    died(position, said) {
      const { text, metadata } = named(position);
      if (!STEPS_EXCEEDED.test(said)) return libraryFailed(`tokenizing ${text}`, said);
      const problem = `tokenizing ${text} took more steps than the tokenizer library allows (${said}); send shorter texts; ${REMEDY}`;
      return new FacetError('exhausted', problem, { reason, metadata });
    },
  };
}

function decodingErrors(limitMs: number): JobErrors {
  const reason = 'DETOKENIZING_TOO_SLOW';
  return {
    late: () =>
      new FacetError(
        'exhausted',
        `turning tokens into text took longer than ${limitMs} ms, the limit; ${REMEDY}`,
        {
          reason,
          metadata: { limitMs: String(limitMs) },
        },
      ),
    died(_, said) {
      if (!STEPS_EXCEEDED.test(said)) return libraryFailed('turning tokens into text', said);
      const problem = `turning tokens into text took more steps than the tokenizer library allows (${said}); ${REMEDY}`;
      return new FacetError('exhausted', problem, { reason });
    },
  };
}

function renderingErrors({ template = 'default' }: Pick<RenderJob, 'template'>, limitMs: number): JobErrors {
  const failed = (problem: string, reason: string) =>
    new FacetError(
      'exhausted',
      `the chat template ${quote(template)} ${problem}: mend it, or give the prompt as text`,
      { reason, metadata: { template } },
    );
  return {
    late: () => failed(`took longer than ${limitMs} ms, the limit`, 'CHAT_TEMPLATE_TOO_SLOW'),
    died: (_, said) => failed(`ended the process that ran it (${said})`, 'CHAT_TEMPLATE_TOO_LARGE'),
  };
}

/** What the library says when a regular expression passes its limit of steps. */
const STEPS_EXCEEDED = /retry-limit|match-stack limit|stack limit/i;

/** Trying again would end the next process too, so it is not `unavailable`. */
function libraryFailed(doing: string, said: string): FacetError {
  return new FacetError(
    'precondition',
    `the tokenizer library broke off ${doing}: ${said || 'it said nothing'}`,
    {
      reason: 'TOKENIZER_BROKE_OFF',
    },
  );
}
