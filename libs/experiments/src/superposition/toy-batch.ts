import type { Random } from '@facet/random';

/** Sparse inputs x [rows, n]: row r holds `features[offsets[r] … offsets[r+1])` with `values`, all else is 0. */
export interface ToyBatch {
  rows: number;
  offsets: Uint32Array;
  features: Uint32Array;
  values: Float64Array;
  /** Weight of every row in the mean loss, summing to 1. @default 1 / rows each */
  rowWeights?: Float64Array;
}

/** How inputs are drawn: every feature is active with probability `density` = 1 − S, then uniform in [0, 1). */
export interface ToyDistribution {
  n: number;
  density: number;
}

/** Draws inputs of independent features; the gaps between active ones are geometric, so zeros cost nothing. */
export function drawBatch({ n, density }: ToyDistribution, rows: number, random: Random): ToyBatch {
  const offsets = new Uint32Array(rows + 1);
  const features: number[] = [];
  const values: number[] = [];
  const nextGap = gapDraw(density, random);
  let r = 0;
  for (let at = nextGap(); at < rows * n; at += 1 + nextGap()) {
    while (at >= (r + 1) * n) offsets[++r] = features.length;
    features.push(at - r * n);
    values.push(random.uniform());
  }
  while (r < rows) offsets[++r] = features.length;
  return { rows, offsets, features: Uint32Array.from(features), values: Float64Array.from(values) };
}

/** Inactive features before the next active one: geometric with success probability `density`. */
function gapDraw(density: number, random: Random): () => number {
  if (density >= 1) return () => 0;
  const scale = 1 / Math.log1p(-density);
  return () => Math.floor(Math.log1p(-random.uniform()) * scale);
}
