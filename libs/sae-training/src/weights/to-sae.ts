import type { Sae, SaeMetadata } from '@facet/sae';
import type { ResolvedConfig } from '../config.ts';
import { recipeOf } from '../recipes/registry.ts';
import { transpose, type Weights } from './weights.ts';

/**
 * Turns weights in training into an SAE for rows as they were captured. The input scale s is folded in:
 * W_enc·s, W_dec/s, b_dec/s; encoder biases and thresholds stay, for pre-activations do.
 */
export function toSae(config: ResolvedConfig, weights: Weights, metadata: SaeMetadata): Sae {
  const { d_in, d_sae } = config;
  const recipe = recipeOf(config.recipe);
  const form = recipe.publish(config, weights);
  const scale = weights.input_scale ?? 1;
  const W_enc = transpose(weights.W_enc, d_sae, d_in);
  return {
    cfg: {
      ...form.cfg,
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: recipe.subtracts_b_dec,
      normalize_activations: 'none',
      metadata: {
        ...metadata,
        ...form.metadata,
        ...(scale !== 1 && { training_input_scale: scale }),
      },
    },
    W_enc: scaled(W_enc, scale),
    b_enc: weights.b_enc,
    W_dec: scaled(weights.W_dec, 1 / scale),
    b_dec: scaled(weights.b_dec, 1 / scale),
    ...form.tensors,
  };
}

function scaled(values: Float32Array, by: number): Float32Array {
  return by === 1 ? values : values.map((value) => value * by);
}
