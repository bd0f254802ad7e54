import type { VectorTable } from './relation.ts';

/** Mean of the given rows [d]. */
export function meanOfRows({ d, values }: VectorTable, rows: readonly number[]): Float64Array {
  const mean = new Float64Array(d);
  for (const row of rows) for (let i = 0; i < d; i++) mean[i] += values[row * d + i] / rows.length;
  return mean;
}

/** The given rows minus `centre`, one after another [rows.length, d]. */
export function centredRows(
  { d, values }: VectorTable,
  rows: readonly number[],
  centre: Float64Array,
): Float64Array {
  const centred = new Float64Array(rows.length * d);
  for (const [at, row] of rows.entries())
    for (let i = 0; i < d; i++) centred[at * d + i] = values[row * d + i] - centre[i];
  return centred;
}

/** Products a · bᵀ of rows a [m, d] and b [n, d]: [m, n]. */
export function products(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const [m, n] = [a.length / d, b.length / d];
  const result = new Float64Array(m * n);
  for (let row = 0; row < m; row++)
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < d; i++) sum += a[row * d + i] * b[column * d + i];
      result[row * n + column] = sum;
    }
  return result;
}

/** Lengths of the rows of `a` [m, d]; a row of zeros counts as endlessly short, so that nothing is near it. */
export function rowNorms(a: Float64Array, d: number): Float64Array {
  return Float64Array.from({ length: a.length / d }, (_, row) => {
    let square = 0;
    for (let i = row * d; i < (row + 1) * d; i++) square += a[i] * a[i];
    return square > 0 ? Math.sqrt(square) : Number.POSITIVE_INFINITY;
  });
}

/** Index of the largest score among `candidates`; the first among equals. */
export function bestOf(candidates: ArrayLike<number>, score: (candidate: number) => number): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < candidates.length; at++) {
    const value = score(candidates[at]);
    if (value > most) {
      most = value;
      best = candidates[at];
    }
  }
  return best;
}
