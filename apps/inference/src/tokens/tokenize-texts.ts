import { FacetError, isFacetError } from '@facet/errors';
import { linkSignals } from '@facet/mesh';
import type { LoadedModel } from '../models/loaded-model.ts';
import { joinSequences, splitSequences, type TokenSequences } from './token-sequences.ts';
import type { EncodedTexts } from './tokenizer-protocol.ts';

export interface TokenizeOptions {
  /** Whether special tokens are added as for a prompt. */
  addSpecial: boolean;
  /** Most tokens of all texts together. */
  maxTokens: number;
  /** Name of the request field, for errors. */
  field: string;
  signal: AbortSignal;
}

/** Characters encoded in one job: between jobs, others get their turn. */
const JOB_CHARS = 65_536;

/** Tokenizes texts, as many jobs at once as the tokenizer has processes; refuses more than `maxTokens`. */
export async function tokenizeTexts(
  { tokenizer }: LoadedModel,
  texts: readonly string[],
  { addSpecial, maxTokens, field, signal: callSignal }: TokenizeOptions,
): Promise<TokenSequences> {
  const stop = new AbortController();
  const { signal, dispose } = linkSignals([callSignal, stop.signal]);
  const jobs = splitJobs(texts);
  const ahead: Promise<EncodedTexts>[] = [];
  const start = () => {
    const job = jobs.next().value;
    if (job === undefined) return;
    const encoding = namingField(tokenizer.encode(job, { addSpecial, signal }), field);
    encoding.catch(() => {}); // Seen below when it is its turn.
    ahead.push(encoding);
  };
  const parts: Int32Array[] = [];
  const lengths: number[] = [];
  let tokens = 0;
  try {
    for (let job = 0; job < tokenizer.processes; job++) start();
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
      const encoded = await next;
      start();
      parts.push(encoded.ids);
      for (const length of encoded.lengths) lengths.push(length);
      tokens += encoded.ids.length;
      if (tokens > maxTokens) throw tooMany(lengths.length - 1, { tokens, maxTokens, field });
    }
  } finally {
    stop.abort();
    dispose();
  }
  return splitSequences(joinSequences(parts).ids, lengths);
}

/** Names the request field in what the tokenizer refuses. */
async function namingField<T>(work: Promise<T>, field: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isFacetError(error) || error.field !== undefined || !NAMED.has(error.kind)) throw error;
    const { kind, message, reason, metadata, cause } = error;
    throw new FacetError(kind, `${field}: ${message}`, { cause, reason, metadata, field });
  }
}

/** Kinds of errors that a caller's text causes. */
const NAMED: ReadonlySet<string> = new Set(['invalid', 'exhausted']);

/** Groups texts, in order, so that each group but for a single long text has at most `JOB_CHARS` characters. */
function* splitJobs(texts: readonly string[]): Generator<string[]> {
  let job: string[] = [];
  let chars = 0;
  for (const text of texts) {
    if (job.length > 0 && chars + text.length > JOB_CHARS) {
      yield job;
      job = [];
      chars = 0;
    }
    job.push(text);
    chars += text.length;
  }
  if (job.length > 0) yield job;
}

function tooMany(
  index: number,
  { tokens, maxTokens, field }: { tokens: number; maxTokens: number; field: string },
): FacetError {
  return new FacetError(
    'invalid',
    `the texts up to ${field}[${index}] make ${tokens} tokens; the limit is ${maxTokens}: send fewer at once`,
    { field, reason: 'TOO_MANY_TOKENS' },
  );
}
