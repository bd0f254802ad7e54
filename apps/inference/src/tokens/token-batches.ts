import type { TokenBatch } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { idTensor, requestTensors } from '@facet/mesh';
import { boundedTensor } from '../tensor-messages.ts';
import { sequenceAt, splitSequences, type TokenSequences } from './token-sequences.ts';

/** Writes token sequences. */
export function tokenBatch({ ids, lengths }: TokenSequences): TokenBatch {
  return { tokenIds: idTensor(ids), lengths: [...lengths] };
}

export interface TokenLimits {
  /** Most sequences, tokens of all together, and tokens of one. */
  maxSequences: number;
  maxTokens: number;
  maxLength: number;
  d_vocab: number;
  /** Names a token in errors. @default none: ids that a caller gave speak for themselves */
  tokenText?: (id: number) => string;
}

/** Reads token sequences: none empty, none longer than `maxLength`, every id in the vocabulary. */
export function readTokenBatch(batch: TokenBatch, limits: TokenLimits, field: string): TokenSequences {
  const { lengths } = batch;
  if (lengths.length === 0 || lengths.length > limits.maxSequences)
    throw invalid(
      `${lengths.length} sequences; from 1 to ${limits.maxSequences} are possible`,
      `${field}.lengths`,
    );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > limits.maxTokens)
    throw invalid(`${total} tokens; the limit is ${limits.maxTokens}`, `${field}.lengths`, 'TOO_MANY_TOKENS');
  const at = `${field}.token_ids`;
  const sequences = splitSequences(
    requestTensors.ids(boundedTensor(batch.tokenIds, at), [total], at),
    lengths,
  );
  requireSequences(sequences, limits, field);
  return sequences;
}

/** Refuses empty sequences, sequences longer than the context, and ids outside the vocabulary. */
export function requireSequences(
  sequences: TokenSequences,
  { maxLength, d_vocab, tokenText }: Pick<TokenLimits, 'maxLength' | 'd_vocab' | 'tokenText'>,
  field: string,
): void {
  sequences.lengths.forEach((length, index) => {
    if (length === 0) throw invalid(`sequence ${index} has no tokens`, field, 'EMPTY_SEQUENCE');
    if (length > maxLength)
      throw invalid(
        `sequence ${index} has ${length} tokens; the context of the model is ${maxLength}`,
        field,
        'CONTEXT_EXCEEDED',
      );
    const ids = sequenceAt(sequences, index);
    const at = ids.findIndex((id) => id < 0 || id >= d_vocab);
    if (at < 0) return;
    const text = tokenText?.(ids[at]!);
    throw invalid(
      `token id ${ids[at]}${text === undefined ? '' : `, ${JSON.stringify(text)},`} at position ${at} of sequence ${index} ` +
        `is outside the vocabulary of ${d_vocab}`,
      field,
      'UNKNOWN_TOKEN',
    );
  });
}

function invalid(problem: string, field: string, reason = 'INVALID_TENSOR'): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
