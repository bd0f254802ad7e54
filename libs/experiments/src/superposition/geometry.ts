import { gram, type Toy } from './toy.ts';

/** Norm of W_i above which feature i counts as represented. */
export const REPRESENTED_NORM = 0.5;

/** What is read off one toy's W. */
export interface ToyGeometry {
  /** ‖W_i‖ [n]. */
  norms: Float64Array;
  /** D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)² [n]; 0 for a feature with W_i = 0. */
  dimensionality: Float64Array;
  /** Features with ‖W_i‖ > ½, ascending. */
  represented: number[];
  /** D* = m / ‖W‖_F². */
  dimensions_per_feature: number;
}

/** Measures norms, D_i and D* of W (Elhage et al. 2022, “The Geometry of Superposition”). */
export function measureGeometry(toy: Pick<Toy, 'n' | 'm' | 'W'>): ToyGeometry {
  const { n, m } = toy;
  const G = gram(toy);
  const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(G[i * n + i]));
  const squares = norms.reduce((sum, norm) => sum + norm * norm, 0);
  return {
    norms,
    dimensionality: norms.map((norm, i) => (norm > 0 ? norm ** 4 / sumOfSquares(G, i, n) : 0)),
    represented: [...norms.keys()].filter((i) => norms[i] > REPRESENTED_NORM),
    dimensions_per_feature: m / squares,
  };
}

/** Σ_j (W_i·W_j)². */
function sumOfSquares(G: Float64Array, i: number, n: number): number {
  let sum = 0;
  for (let j = 0; j < n; j++) sum += G[i * n + j] ** 2;
  return sum;
}

/** |W_i·W_j| over all pairs of different features: what one feature does to the output of another. */
export function measureInterference(toy: Pick<Toy, 'n' | 'm' | 'W'>): { mean: number; largest: number } {
  const values = gram(toy)
    .filter((_, entry) => entry % (toy.n + 1) !== 0)
    .map(Math.abs);
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    largest: Math.max(...values),
  };
}

/** The unit directions W_i/‖W_i‖ of the features listed, [features.length, m]. */
export function unitDirections({ m, W }: Pick<Toy, 'm' | 'W'>, features: readonly number[]): Float64Array {
  const directions = new Float64Array(features.length * m);
  features.forEach((feature, row) => {
    const direction = W.subarray(feature * m, (feature + 1) * m);
    const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
    for (let d = 0; d < m; d++) directions[row * m + d] = direction[d] / norm;
  });
  return directions;
}
