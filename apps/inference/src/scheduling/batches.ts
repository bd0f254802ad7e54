import { sequenceAt, type TokenSequences } from '../tokens/token-sequences.ts';

/** Sequences that run together, padded on the right to T. */
export interface Batch {
  /** Indices into the request's sequences. */
  sequences: readonly number[];
  /** T: length of the longest. */
  positions: number;
}

/** Sequences are sorted by length only within windows of this many batches: bounds how many results wait for their turn. */
const WINDOW_BATCHES = 4;
/** A sequence shorter than this part of the batch's longest goes to another batch: padding costs as much as tokens. */
const MIN_FILL = 0.75;

/**
 * Groups sequences of similar length into batches of at most `batchTokens` tokens, padding included; a longer sequence
 * runs alone. Batches of equal sequences come in the order of the request.
 */
export function planBatches(lengths: readonly number[], batchTokens: number): Batch[] {
  return planWindows(lengths, batchTokens).flatMap((window) => {
    const byLength = [...window].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
    return cutBatches(byLength, lengths, batchTokens);
  });
}

/** Lays a batch out as token ids [B*T], padded with 0. */
export function batchTokensOf(
  sequences: TokenSequences,
  { sequences: indices, positions }: Batch,
): Int32Array {
  const tokens = new Int32Array(indices.length * positions);
  indices.forEach((index, row) => {
    tokens.set(sequenceAt(sequences, index), row * positions);
  });
  return tokens;
}

/** Groups sequences, in the order of the request, into the windows that `planBatches` makes whole batches of. */
export function planWindows(lengths: readonly number[], batchTokens: number): number[][] {
  const maxTokens = WINDOW_BATCHES * batchTokens;
  const all: number[][] = [];
  let tokens = Number.POSITIVE_INFINITY;
  lengths.forEach((length, index) => {
    if (tokens + length > maxTokens) {
      all.push([]);
      tokens = 0;
    }
    all.at(-1)!.push(index);
    tokens += length;
  });
  return all;
}

function cutBatches(
  longestFirst: readonly number[],
  lengths: readonly number[],
  batchTokens: number,
): Batch[] {
  const batches: { sequences: number[]; positions: number }[] = [];
  for (const index of longestFirst) {
    const batch = batches.at(-1);
    const fits =
      batch !== undefined &&
      (batch.sequences.length + 1) * batch.positions <= batchTokens &&
      lengths[index]! >= MIN_FILL * batch.positions;
    if (fits) batch.sequences.push(index);
    else batches.push({ sequences: [index], positions: lengths[index]! });
  }
  return batches;
}
