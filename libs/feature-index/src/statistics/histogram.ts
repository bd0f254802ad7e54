/**
 * Bins of activation histograms: quarter octaves. The edges of octave e are 2^e · {1, 1.25, 1.5, 1.75}, so that a float's
 * bin is read off its bits exactly, and histograms of any shards and runs can be added.
 */
const MIN_EXPONENT = -16;
const MAX_EXPONENT = 16;
const BINS_PER_OCTAVE = 4;

/** Number of bins; the first also takes smaller values, the last larger ones. */
export const HISTOGRAM_BINS = (MAX_EXPONENT - MIN_EXPONENT) * BINS_PER_OCTAVE;

/** The HISTOGRAM_BINS + 1 edges, ascending; bin i covers [edges[i], edges[i + 1]). */
export const HISTOGRAM_EDGES: readonly number[] = Array.from(
  { length: HISTOGRAM_BINS + 1 },
  (_, bin) =>
    2 ** (MIN_EXPONENT + Math.floor(bin / BINS_PER_OCTAVE)) * (1 + (bin % BINS_PER_OCTAVE) / BINS_PER_OCTAVE),
);

/** Position of the bits that number the bins: sign and 8 exponent bits, and the top 2 bits of the mantissa. */
const SHIFT = 23 - Math.log2(BINS_PER_OCTAVE);
const FIRST_BIN = (127 + MIN_EXPONENT) * BINS_PER_OCTAVE;

/** Returns the bin of a positive float32, given its bits. */
export function binOfBits(bits: number): number {
  const bin = (bits >>> SHIFT) - FIRST_BIN;
  return bin < 0 ? 0 : bin >= HISTOGRAM_BINS ? HISTOGRAM_BINS - 1 : bin;
}

/** A histogram without its empty ends: `edges` has one element more than `counts`. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** Cuts the empty bins off both ends of HISTOGRAM_BINS counts. */
export function trimHistogram(counts: ArrayLike<number>): Histogram {
  let first = 0;
  let end = HISTOGRAM_BINS;
  while (first < end && counts[first] === 0) first += 1;
  while (end > first && counts[end - 1] === 0) end -= 1;
  if (first === end) return { edges: [], counts: [] };
  return { edges: HISTOGRAM_EDGES.slice(first, end + 1), counts: Array.from(counts).slice(first, end) };
}
