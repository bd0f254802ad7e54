import type { TopkRecipeConfig } from '../../recipes/recipe-config.ts';
import { preActivations } from './tfjs-arithmetic.ts';
import type { TfjsGradients } from './tfjs-gradients.ts';
import { selectedLoss } from './tfjs-selected.ts';
import { strongestOfRows } from './tfjs-selection.ts';

/** TopK on tfjs: the k largest pre-activations of every row fire. */
export const tfjsTopkGradients: TfjsGradients<TopkRecipeConfig> = {
  matrices: 8,
  encode: (batch) =>
    batch.tf.tidy(() => strongestOfRows(batch.tf, preActivations(batch), batch.config.recipe.k)),

  train(batch, at) {
    const { tf, config } = batch;
    const pre = preActivations(batch);
    const f = strongestOfRows(tf, pre, config.recipe.k);
    return selectedLoss(batch, { ...at, pre, f, prefixes: [config.d_sae] });
  },
};
