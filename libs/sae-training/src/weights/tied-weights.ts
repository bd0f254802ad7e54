import { createRandom } from '@facet/random';
import type { Weights } from './weights.ts';

/** Draws decoder rows of length `norm` in random directions, W_enc as W_decᵀ and biases of 0 [d_sae]. */
export function tiedWeights(
  { d_in, d_sae, seed }: { d_in: number; d_sae: number; seed: bigint },
  norm: number,
): Weights {
  const random = createRandom(seed);
  const W_dec = new Float32Array(d_sae * d_in);
  for (let i = 0; i < d_sae; i++) {
    const row = Float64Array.from({ length: d_in }, () => random.gaussian());
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) / norm;
    for (let j = 0; j < d_in; j++) W_dec[i * d_in + j] = row[j] / length;
  }
  return { W_enc: W_dec.slice(), b_enc: new Float32Array(d_sae), W_dec, b_dec: new Float32Array(d_in) };
}
