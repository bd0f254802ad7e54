import { FacetError } from '@facet/errors';
import type { LoadedModel } from './loaded-model.ts';
import { createPacer } from './pacer.ts';
import { joinSequences, type TokenSequences } from './token-sequences.ts';

export interface TokenizeOptions {
  /** Whether special tokens are added as for a prompt. */
  addSpecial: boolean;
  /** Most tokens of all texts together. */
  maxTokens: number;
  /** Name of the request field, for errors. */
  field: string;
  signal: AbortSignal;
}

/** Tokenizes texts one by one, letting other calls run between them; refuses more than `maxTokens`. */
export async function tokenizeTexts(
  { tokenizer }: LoadedModel,
  texts: readonly string[],
  { addSpecial, maxTokens, field, signal }: TokenizeOptions,
): Promise<TokenSequences> {
  const pause = createPacer(signal);
  const sequences: number[][] = [];
  let tokens = 0;
  for (const [index, text] of texts.entries()) {
    const { ids } = tokenizer.encode(text, { addSpecial });
    tokens += ids.length;
    if (tokens > maxTokens) throw tooMany(index, { tokens, maxTokens, field });
    sequences.push(ids);
    await pause();
  }
  return joinSequences(sequences);
}

/** The texts of tokens as they read inside running text; empty for ids that the tokenizer leaves unused. */
export function tokenTexts({ tokenizer }: LoadedModel, ids: Int32Array): string[] {
  return Array.from(ids, (id) => (id < tokenizer.vocabSize ? tokenizer.tokenText(id) : ''));
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
