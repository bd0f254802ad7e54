import { FacetError } from '@facet/errors';
import type { ModelSpec } from '@facet/transformer';

/** Rows [B, T] of token ids and how many of each row count. */
export interface TokenBatch {
  tokens: Int32Array;
  batch: number;
  /** T */
  positions: number;
  /** Tokens of each row that count, 1..T. */
  lengths: Int32Array;
}

/** Most rows of one call; more belong into several calls. */
export const MAX_BATCH = 4096;

/**
 * Checks shape, token ids and context length of `tokens` [B*T]; every problem is `invalid` and names the
 * numbers.
 */
export function checkTokens(
  spec: ModelSpec,
  { tokens, batch, lengths }: { tokens: Int32Array; batch: number; lengths?: ArrayLike<number> },
): TokenBatch {
  if (!Number.isInteger(batch) || batch < 1 || batch > MAX_BATCH)
    throw invalid(`batch ${batch} is not between 1 and ${MAX_BATCH}`, 'batch');
  const positions = tokens.length / batch;
  if (!Number.isInteger(positions) || positions < 1)
    throw invalid(`${tokens.length} tokens do not fill ${batch} rows of equal length`, 'tokens');
  if (positions > spec.n_ctx) throw contextExceeded(positions, spec.n_ctx);
  const wrong = tokens.findIndex((id) => id < 0 || id >= spec.d_vocab);
  if (wrong >= 0)
    throw invalid(
      `token ${tokens[wrong]} at index ${wrong} is outside the vocabulary 0..${spec.d_vocab - 1}`,
      'tokens',
    );
  return { tokens, batch, positions, lengths: checkLengths(lengths, batch, positions) };
}

/** Tells that `wanted` positions do not fit into a context of `limit`. */
export function contextExceeded(wanted: number, limit: number): FacetError {
  return new FacetError(
    'invalid',
    `${wanted} tokens do not fit into the context of ${limit}; shorten the text`,
    {
      reason: 'CONTEXT_EXCEEDED',
      field: 'tokens',
      metadata: { tokens: String(wanted), limit: String(limit) },
    },
  );
}

function checkLengths(lengths: ArrayLike<number> | undefined, batch: number, positions: number): Int32Array {
  if (lengths === undefined) return new Int32Array(batch).fill(positions);
  if (lengths.length !== batch) throw invalid(`${lengths.length} lengths for ${batch} rows`, 'lengths');
  const checked = Int32Array.from(lengths);
  const wrong = checked.findIndex(
    (length, row) => length !== lengths[row] || length < 1 || length > positions,
  );
  if (wrong >= 0)
    throw invalid(`row ${wrong} has length ${lengths[wrong]}; rows hold 1 to ${positions}`, 'lengths');
  return checked;
}

/** A wrong argument of the runtime. */
export function invalid(message: string, field: string): FacetError {
  return new FacetError('invalid', message, { field });
}
