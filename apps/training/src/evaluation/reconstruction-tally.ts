import type { SparseActivations } from '@facet/sae';
import type { DensityHistogram, ReconstructionMetrics } from './evaluation-record.ts';

/** Rows with their encoding and reconstruction. */
export interface ReconstructedRows {
  /** [rows, d_in] */
  x: Float32Array;
  x_hat: Float32Array;
  f: SparseActivations;
  /** [rows], 1 for rows that count. */
  counted: Uint8Array;
}

/** Adds up how rows are reconstructed, in double precision. */
export interface ReconstructionTally {
  add(rows: ReconstructedRows): void;
  metrics(): ReconstructionMetrics;
}

/** Creates a tally of rows whose mean over the whole evaluation is `mean` [d_in]. */
export function createReconstructionTally(d_sae: number, mean: Float32Array): ReconstructionTally {
  const fired = new Uint32Array(d_sae);
  const sums = { tokens: 0, active: 0, error: 0, variance: 0, cosine: 0, normRatio: 0 };
  return {
    add(rows) {
      for (let row = 0; row < rows.counted.length; row++) {
        if (rows.counted[row] === 0) continue;
        addRow(sums, rows, { row, mean });
        const { offsets, indices } = rows.f;
        for (let e = offsets[row]!; e < offsets[row + 1]!; e++) fired[indices[e]!]!++;
      }
    },
    metrics() {
      const { tokens, active, error, variance, cosine, normRatio } = sums;
      const fvu = variance > 0 ? error / variance : Number.NaN;
      return {
        l0: active / tokens,
        fvu,
        explainedVariance: 1 - fvu,
        deadFraction: fired.reduce((dead, count) => dead + Number(count === 0), 0) / d_sae,
        density: densityHistogram(fired, tokens),
        meanCosine: cosine / tokens,
        meanNormRatio: normRatio / tokens,
      };
    },
  };
}

interface Sums {
  tokens: number;
  active: number;
  error: number;
  variance: number;
  cosine: number;
  normRatio: number;
}

function addRow(
  sums: Sums,
  { x, x_hat, f }: ReconstructedRows,
  { row, mean }: { row: number; mean: Float32Array },
): void {
  let [xx, hh, xh, error, variance] = [0, 0, 0, 0, 0];
  for (let j = 0, at = row * mean.length; j < mean.length; j++, at++) {
    const [value, reconstructed] = [x[at]!, x_hat[at]!];
    xx += value * value;
    hh += reconstructed * reconstructed;
    xh += value * reconstructed;
    error += (value - reconstructed) ** 2;
    variance += (value - mean[j]!) ** 2;
  }
  sums.tokens++;
  sums.active += f.offsets[row + 1]! - f.offsets[row]!;
  sums.error += error;
  sums.variance += variance;
  if (xx === 0) return;
  sums.normRatio += Math.sqrt(hh / xx);
  if (hh > 0) sums.cosine += xh / Math.sqrt(xx * hh);
}

/** Bins of half a decade. */
const BINS_PER_DECADE = 2;

/** Counts features by log10 of the share of `tokens` for which they fired; silent ones are left out. */
export function densityHistogram(fired: Uint32Array, tokens: number): DensityHistogram {
  const bins = Math.max(1, Math.ceil(Math.log10(tokens) * BINS_PER_DECADE));
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i - bins) / BINS_PER_DECADE);
  // Counts are compared with whole tokens, for log10 of a share may lie a rounding below its edge.
  const lowest = edges.map((edge) => 10 ** edge * tokens);
  const counts = new Array<number>(bins).fill(0);
  for (const count of fired) {
    if (count === 0) continue;
    let bin = bins - 1;
    while (bin > 0 && count < lowest[bin]! * (1 - ROUNDING)) bin--;
    counts[bin]!++;
  }
  return { edges, counts };
}

/** What powers of ten in double precision may be off by, relatively, and no whole count of tokens is. */
const ROUNDING = 1e-12;
