import { FacetError } from '@facet/errors';
import type { LoadedModel } from './loaded-model.ts';
import { joinSequences, splitSequences, type TokenSequences } from './token-sequences.ts';

export interface TokenizeOptions {
  /** Whether special tokens are added as for a prompt. */
  addSpecial: boolean;
  /** Most tokens of all texts together. */
  maxTokens: number;
  /** Name of the request field, for errors. */
  field: string;
  signal: AbortSignal;
}

/** Texts up to this many characters are encoded at once: shorter than the way to the thread and back. */
const INLINE_CHARS = 1024;
/** Characters sent to the thread in one call: between calls, cancellation is seen and others get their turn. */
const CALL_CHARS = 65_536;

/** Tokenizes texts, long ones in the tokenizer thread; refuses more than `maxTokens`. */
export async function tokenizeTexts(
  { tokenizer, tokenizerThread }: LoadedModel,
  texts: readonly string[],
  { addSpecial, maxTokens, field, signal }: TokenizeOptions,
): Promise<TokenSequences> {
  if (texts.reduce((sum, { length }) => sum + length, 0) <= INLINE_CHARS)
    return joinSequences(texts.map((text) => tokenizer.encode(text, { addSpecial }).ids));
  const parts: Int32Array[] = [];
  const lengths: number[] = [];
  let tokens = 0;
  for (const call of splitCalls(texts)) {
    signal.throwIfAborted();
    const encoded = await tokenizerThread.encode(call, addSpecial);
    parts.push(encoded.ids);
    for (const length of encoded.lengths) lengths.push(length);
    tokens += encoded.ids.length;
    if (tokens > maxTokens) throw tooMany(lengths.length - 1, { tokens, maxTokens, field });
  }
  return splitSequences(joinSequences(parts).ids, lengths);
}

/** The texts of tokens as they read inside running text; empty for ids that the tokenizer leaves unused. */
export function tokenTexts({ tokenizer }: LoadedModel, ids: Int32Array): string[] {
  return Array.from(ids, (id) => (id < tokenizer.vocabSize ? tokenizer.tokenText(id) : ''));
}

/** Groups texts, in order, so that each group but for a single long text has at most `CALL_CHARS` characters. */
function* splitCalls(texts: readonly string[]): Generator<string[]> {
  let call: string[] = [];
  let chars = 0;
  for (const text of texts) {
    if (call.length > 0 && chars + text.length > CALL_CHARS) {
      yield call;
      call = [];
      chars = 0;
    }
    call.push(text);
    chars += text.length;
  }
  if (call.length > 0) yield call;
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
