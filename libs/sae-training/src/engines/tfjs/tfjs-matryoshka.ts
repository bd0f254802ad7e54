import type { MatryoshkaRecipeConfig } from '../../recipes/recipe-config.ts';
import { preActivations } from './tfjs-arithmetic.ts';
import { encodeByThreshold } from './tfjs-batchtopk.ts';
import type { TfjsGradients } from './tfjs-gradients.ts';
import { selectedLoss } from './tfjs-selected.ts';
import { strongestOfBatch } from './tfjs-selection.ts';

/** Matryoshka on tfjs: the B·k largest pre-activations of the batch fire, and nested prefixes reconstruct. */
export const tfjsMatryoshkaGradients: TfjsGradients<MatryoshkaRecipeConfig> = {
  matrices: 11,
  encode: encodeByThreshold,

  train(batch, at) {
    const { tf, config } = batch;
    const { k, prefixes } = config.recipe;
    const pre = preActivations(batch);
    const { f, smallest } = strongestOfBatch(tf, pre, k);
    return { ...selectedLoss(batch, { ...at, pre, f, prefixes }), smallest };
  },
};
