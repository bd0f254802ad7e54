import { requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import type { Weights } from '../weights/weights.ts';
import type { PublishedForm, Recipe, RecipeSizes } from './recipe.ts';
import type { BatchtopkRecipeConfig } from './recipe-config.ts';
import { resolveSelection, selectionDefaults } from './topk.ts';

/**
 * How fast the threshold follows where it is not stated: a moving average of 100 steps, of the last fiftieth of a shorter run,
 * whose threshold would otherwise lag behind weights that still change.
 */
export function defaultThresholdRate({ steps }: Pick<RecipeSizes, 'steps'>): number {
  return Math.min(1, Math.max(0.01, 50 / steps));
}

/**
 * Bussmann et al. 2024 §3: the topk loss with the B·k largest of all pre-activations of the batch. At
 * inference a feature fires above one threshold: the moving average of the smallest activation selected.
 */
export const batchtopkRecipe: Recipe<BatchtopkRecipeConfig> = {
  subtracts_b_dec: true,
  unit_decoder: true,
  vectors: [],
  defaults: selectionDefaults,
  resolve(config, sizes) {
    const { threshold_rate = defaultThresholdRate(sizes) } = config;
    requireRange('batchtopk.threshold_rate', threshold_rate, Number.MIN_VALUE, 1);
    return { name: 'batchtopk', ...resolveSelection(config, sizes), threshold_rate };
  },
  target_l0: ({ k }) => k,
  initialise: (config) => tiedWeights(config, 1),
  publish: ({ recipe: { k } }, weights) => {
    const form = thresholdForm(weights);
    return { ...form, metadata: { trained_as: 'batchtopk', training_k: k } };
  },
};

/** An SAE with one threshold for all features, as jumprelu. */
export function thresholdForm({ b_enc, threshold = 0 }: Weights): PublishedForm {
  return {
    cfg: { architecture: 'jumprelu' },
    tensors: { threshold: new Float32Array(b_enc.length).fill(threshold) },
  };
}
