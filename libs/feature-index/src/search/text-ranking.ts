import type { SparseRows } from '../statistics/feature-statistics.ts';

/** Statistic by which features are ranked on a text. */
export type RankStatistic = 'max' | 'mean' | 'sum' | 'density-weighted';

/** A feature's place on a text. */
export interface RankedFeature {
  feature: number;
  value: number;
}

export interface TextRanking {
  /** Every feature that fired, by value, descending, then by index. */
  ranked: RankedFeature[];
  /** Largest activation of every feature [d_sae]. */
  max: Float32Array;
}

/**
 * Ranks all features that fire on a text. Rows whose `excluded` byte is not 0 (special tokens) are not counted. `density` is the
 * firing frequency in the index [d_sae], for `density-weighted`: max · −ln(density), where a feature that never fired in the
 * index counts as one that fired once in `indexedTokens`.
 */
export function rankOnText(
  rows: SparseRows,
  excluded: Uint8Array,
  {
    statistic,
    density,
    indexedTokens,
  }: { statistic: RankStatistic; density: Float64Array; indexedTokens: number },
): TextRanking {
  const { max, sum, counted } = totalsOf(rows, excluded, density.length);
  const statisticOf: Record<RankStatistic, (feature: number) => number> = {
    max: (feature) => max[feature],
    sum: (feature) => sum[feature],
    mean: (feature) => sum[feature] / counted,
    'density-weighted': (feature) =>
      max[feature] * -Math.log(Math.max(density[feature], 1 / Math.max(indexedTokens, 1))),
  };
  const ranked: RankedFeature[] = [];
  for (let feature = 0; feature < max.length; feature += 1) {
    if (max[feature] > 0) ranked.push({ feature, value: statisticOf[statistic](feature) });
  }
  return { ranked: ranked.sort((a, b) => b.value - a.value || a.feature - b.feature), max };
}

function totalsOf({ rows, offsets, indices, values }: SparseRows, excluded: Uint8Array, d_sae: number) {
  const max = new Float32Array(d_sae);
  const sum = new Float64Array(d_sae);
  let counted = 0;
  for (let row = 0; row < rows; row += 1) {
    if (excluded[row] !== 0) continue;
    counted += 1;
    for (let at = offsets[row]; at < offsets[row + 1]; at += 1) {
      const feature = indices[at];
      sum[feature] += values[at];
      if (values[at] > max[feature]) max[feature] = values[at];
    }
  }
  return { max, sum, counted };
}
