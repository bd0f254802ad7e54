import type { Random } from '@facet/random';

/**
 * The model of Toy Models of Superposition (Elhage et al. 2022): h = W x, x' = ReLU(Wᵀ h + b), with n features
 * in m < n dimensions.
 */
export interface Toy {
  n: number;
  m: number;
  /** W [m, n] by columns: entry i·m + j is W[j][i], so that the direction W_i of feature i lies together. */
  W: Float64Array;
  /** b [n]. */
  b: Float64Array;
}

/** Starts a toy with Xavier normal weights and b = 0, as the paper does. */
export function createToy(n: number, m: number, random: Random): Toy {
  const deviation = Math.sqrt(2 / (n + m));
  const W = Float64Array.from({ length: n * m }, () => deviation * random.gaussian());
  return { n, m, W, b: new Float64Array(n) };
}

/** G = WᵀW [n, n]: what every feature's input does to every feature's output, before bias and ReLU. */
export function gram({ n, m, W }: Pick<Toy, 'n' | 'm' | 'W'>): Float64Array {
  const G = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let dot = 0;
      for (let d = 0; d < m; d++) dot += W[i * m + d] * W[j * m + d];
      G[i * n + j] = dot;
      G[j * n + i] = dot;
    }
  }
  return G;
}
