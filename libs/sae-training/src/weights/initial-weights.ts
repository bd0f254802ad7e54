import { createRandom } from '@facet/random';
import type { ResolvedConfig } from '../config.ts';
import { recipeOf } from '../recipes/registry.ts';
import { estimateInputScale } from '../rows/input-scale.ts';
import { geometricMedian, meanRow } from './geometric-median.ts';
import type { Weights } from './weights.ts';

/** Where b_dec begins: at 0, or at the geometric median or the mean of the first batch. */
export const B_DEC_STARTS = ['zero', 'geometric_median', 'mean'] as const;
export type BDecStart = (typeof B_DEC_STARTS)[number];

/** Rows of the first batch that the geometric median is taken of; more would only take longer. */
const MEDIAN_ROWS = 4096;

/** Draws the weights to begin with, given the first batch `x` [·, d_in] as it was captured. */
export function initialWeights(config: ResolvedConfig, x: Float32Array): Weights {
  const input_scale = estimateInputScale(config, x);
  const scaled = input_scale === 1 ? x : x.map((value) => value * input_scale);
  const weights = recipeOf(config.recipe).initialise(config);
  return { ...weights, b_dec: startOfBDec(config, scaled), input_scale };
}

/** Draws decoder rows of length `norm` in random directions, W_enc as W_decᵀ and biases of 0 [d_sae]. */
export function tiedWeights({ d_in, d_sae, seed }: ResolvedConfig<unknown>, norm: number): Weights {
  const random = createRandom(seed);
  const W_dec = new Float32Array(d_sae * d_in);
  for (let i = 0; i < d_sae; i++) {
    const row = Float64Array.from({ length: d_in }, () => random.gaussian());
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) / norm;
    for (let j = 0; j < d_in; j++) W_dec[i * d_in + j] = row[j] / length;
  }
  return { W_enc: W_dec.slice(), b_enc: new Float32Array(d_sae), W_dec, b_dec: new Float32Array(d_in) };
}

function startOfBDec({ b_dec_start, d_in }: ResolvedConfig, x: Float32Array): Float32Array {
  const rows = x.length / d_in;
  if (b_dec_start === 'mean') return meanRow(x, rows, d_in);
  if (b_dec_start === 'geometric_median') return geometricMedian(x, Math.min(rows, MEDIAN_ROWS), d_in);
  return new Float32Array(d_in);
}
