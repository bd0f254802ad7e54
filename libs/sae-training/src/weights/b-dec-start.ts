import { geometricMedian, meanRow } from './geometric-median.ts';

/** Where b_dec begins: at 0, or at the geometric median or the mean of the first batch. */
export const B_DEC_STARTS = ['zero', 'geometric_median', 'mean'] as const;
export type BDecStart = (typeof B_DEC_STARTS)[number];

/** Rows of the first batch that the geometric median is taken of; more would only take longer. */
const MEDIAN_ROWS = 4096;

/** Computes the b_dec [d_in] to begin with from the first batch `x` [·, d_in], scaled. */
export function startOfBDec(
  { b_dec_start, d_in }: { b_dec_start: BDecStart; d_in: number },
  x: Float32Array,
): Float32Array {
  const rows = x.length / d_in;
  if (b_dec_start === 'mean') return meanRow(x, rows, d_in);
  if (b_dec_start === 'geometric_median') return geometricMedian(x, Math.min(rows, MEDIAN_ROWS), d_in);
  return new Float32Array(d_in);
}
