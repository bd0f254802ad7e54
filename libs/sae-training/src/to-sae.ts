import type { Sae, SaeMetadata } from '@facet/sae';
import type { ResolvedConfig } from './config.ts';
import { recipeOf } from './recipes/registry.ts';
import { transpose, type Weights } from './weights.ts';

/** Makes the SAE that is published of a run's weights. */
export function toSae(config: ResolvedConfig, weights: Weights, metadata: SaeMetadata): Sae {
  const { d_in, d_sae, recipe } = config;
  return {
    cfg: {
      architecture: recipeOf(recipe).architecture,
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      k: recipe.k,
      rescale_acts_by_decoder_norm: false,
      metadata,
    },
    W_enc: transpose(weights.W_enc, d_sae, d_in),
    b_enc: weights.b_enc,
    W_dec: weights.W_dec,
    b_dec: weights.b_dec,
  };
}
