import { requireInteger, requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import { selectionRate } from './learning-rates.ts';
import type { Recipe, RecipeDefaults, RecipeSizes } from './recipe.ts';
import type { SelectionConfig, TopkRecipeConfig } from './recipe-config.ts';

/** Longest warm-up that a default gives. */
const MAX_WARMUP_STEPS = 1000;

/**
 * Gao et al. 2024 §2.3–2.4: loss = mean ‖x − x̂‖² + α·AuxK. Decoder rows have unit length and their gradient
 * has no part along them; W_enc begins as W_decᵀ, b_enc at 0, b_dec at the geometric median of the first
 * batch.
 */
export const topkRecipe: Recipe<TopkRecipeConfig> = {
  subtracts_b_dec: true,
  unit_decoder: true,
  vectors: [],
  defaults: selectionDefaults,
  resolve: (config, sizes) => ({ name: 'topk', ...resolveSelection(config, sizes) }),
  target_l0: ({ k }) => k,
  initialise: (config) => tiedWeights(config, 1),
  publish: ({ recipe: { k } }) => ({
    cfg: { architecture: 'topk', k, rescale_acts_by_decoder_norm: false },
  }),
  calibrated_k: ({ k }) => k,
};

/** The defaults of every recipe that selects k features. */
export function selectionDefaults({ d_sae, steps }: RecipeSizes): RecipeDefaults {
  return {
    learning_rate: selectionRate({ d_sae }),
    warmup_steps: Math.min(MAX_WARMUP_STEPS, Math.floor(steps / 20)),
    input_scale: 'none',
    b_dec_start: 'geometric_median',
    beta1: 0.9,
  };
}

/** Fills in and checks what every recipe that selects k features has. */
export function resolveSelection(
  config: SelectionConfig & { name: string },
  { d_in, d_sae }: RecipeSizes,
): Required<SelectionConfig> {
  requireInteger(`${config.name}.k`, config.k, 1, d_sae);
  const resolved = {
    k: config.k,
    auxk_alpha: config.auxk_alpha ?? 1 / 32,
    k_aux: config.k_aux ?? Math.min(d_sae, Math.max(1, Math.floor(d_in / 2))),
  };
  requireRange(`${config.name}.auxk_alpha`, resolved.auxk_alpha, 0, 1000);
  requireInteger(`${config.name}.k_aux`, resolved.k_aux, 1, d_sae);
  return resolved;
}
