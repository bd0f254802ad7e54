import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { BatchtopkRecipeConfig } from '../../recipes/recipe-config.ts';
import { preActivations } from './tfjs-arithmetic.ts';
import type { TfjsBatch, TfjsGradients } from './tfjs-gradients.ts';
import { selectedLoss } from './tfjs-selected.ts';
import { strongestOfBatch } from './tfjs-selection.ts';

/** BatchTopK on tfjs: the B·k largest pre-activations of the batch fire. */
export const tfjsBatchtopkGradients: TfjsGradients<BatchtopkRecipeConfig> = {
  matrices: 10,
  encode: encodeByThreshold,

  train(batch, at) {
    const { tf, config } = batch;
    const pre = preActivations(batch);
    const { f, smallest } = strongestOfBatch(tf, pre, config.recipe.k);
    return { ...selectedLoss(batch, { ...at, pre, f, prefixes: [config.d_sae] }), smallest };
  },
};

/** Encodes by the moving threshold, which is f32 in the published SAE. */
export function encodeByThreshold(batch: TfjsBatch, threshold: number): Tensor2D {
  const { tf } = batch;
  return tf.tidy(() => {
    const pre = preActivations(batch);
    const open = tf.greater(pre, Math.max(0, Math.fround(threshold)));
    return tf.mul(pre, tf.cast(open, 'float32'));
  });
}
