import type { FeatureColumns } from '../detection/select.ts';

/** Where a feature fires, by category of rows. */
export interface FiringProfile {
  readonly firings: number;
  /** Share of the firings in each category; all 0 where it never fires. */
  readonly shares: readonly number[];
}

/**
 * Counts in which category of rows a feature fires. `categories` [n] holds the index of every row's category, below `count`; rows of
 * `isCounted` 0 are left out. `scratch` [n] is all 0 and is left so.
 */
export function firingProfile(
  columns: FeatureColumns,
  feature: number,
  rows: { categories: Uint8Array; isCounted: Uint8Array; count: number },
  scratch = new Float32Array(rows.categories.length),
): FiringProfile {
  const { categories, isCounted, count } = rows;
  const counts = new Array<number>(count).fill(0);
  let firings = 0;
  columns.scatter(feature, scratch);
  for (let row = 0; row < scratch.length; row++) {
    if (scratch[row] <= 0 || isCounted[row] === 0) continue;
    counts[categories[row]]++;
    firings++;
  }
  columns.clear(feature, scratch);
  return { firings, shares: counts.map((rowsIn) => (firings === 0 ? 0 : rowsIn / firings)) };
}
