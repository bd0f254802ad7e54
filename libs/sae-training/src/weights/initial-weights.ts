import type { ResolvedConfig } from '../config.ts';
import { recipeOf } from '../recipes/registry.ts';
import { estimateInputScale } from '../rows/input-scale.ts';
import { startOfBDec } from './b-dec-start.ts';
import type { Weights } from './weights.ts';

/** Draws the weights to begin with, given the first batch `x` [·, d_in] as it was captured. */
export function initialWeights(config: ResolvedConfig, x: Float32Array): Weights {
  const input_scale = estimateInputScale(config, x);
  const scaled = input_scale === 1 ? x : x.map((value) => value * input_scale);
  const weights = recipeOf(config.recipe).initialise(config);
  return { ...weights, b_dec: startOfBDec(config, scaled), input_scale };
}
