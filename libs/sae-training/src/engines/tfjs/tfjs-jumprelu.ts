import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { penaltyOf } from '../../recipes/jumprelu-penalty.ts';
import type { JumpreluRecipeConfig } from '../../recipes/recipe-config.ts';
import { lambdaAt } from '../../schedule/schedule.ts';
import { plainError, preActivations, pullOf, slopesOf, squares } from './tfjs-arithmetic.ts';
import type { TfjsBatch, TfjsGradients } from './tfjs-gradients.ts';
import { floatsOf } from './tfjs-reading.ts';

type Batch = TfjsBatch<Required<JumpreluRecipeConfig>>;

/**
 * JumpReLU on tfjs, with z = x W_enc + b_enc, θ = max(0, threshold), f = z [z > θ], e = x̂ − x, g_i = 2/B e·W_dec_i over B
 * rows, and the window θ_i − ε/2 < z_i ≤ θ_i + ε/2:
 *
 *     ∂L/∂W_enc_i = Σ g_i x where z_i > θ_i        ∂L/∂W_dec_i = 2/B Σ f_i e        ∂L/∂b_dec = 2/B Σ e
 *     ð L/ðθ_i = −1/ε · Σ (θ_i g_i + P'(l0)/B) inside the window
 */
export const tfjsJumpreluGradients: TfjsGradients<JumpreluRecipeConfig> = {
  matrices: 7,
  encode: (batch) =>
    batch.tf.tidy(() => {
      const z = preActivations(batch);
      return batch.tf.mul(z, above(batch, z));
    }),

  train(batch, { step }) {
    const { tf, config, x } = batch;
    const { recipe, batch_rows: rows, steps } = config;
    const z = preActivations(batch);
    const open = above(batch, z);
    const f = tf.mul(z, open) as Tensor2D;
    const error = plainError(batch, f);
    const pull = pullOf(batch, error);
    const raw = slopesOf(batch, pull);
    const slopes = tf.mul(raw, open) as Tensor2D;
    const firings = tf.sum(open, 0);
    const l0 = floatsOf(firings).reduce((sum, n) => sum + n, 0) / rows;
    const penalty = penaltyOf(l0, { ...recipe, lambda: lambdaAt(recipe, step, steps) });
    return {
      loss: tf.add(tf.div(squares(tf, error), rows), penalty.value),
      error,
      firings,
      gradients: {
        W_enc: tf.matMul(slopes, x, true),
        b_enc: tf.sum(slopes, 0),
        W_dec: tf.matMul(f, pull, true),
        b_dec: tf.sum(pull, 0),
        threshold: thresholdGradient(batch, { z, raw, crossing: penalty.slope / rows }),
      },
    };
  },
};

/** 1 where z > θ, else 0. */
function above({ tf, w }: Batch, z: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.cast(tf.greater(z, tf.relu(w.threshold)), 'float32'));
}

function thresholdGradient(
  { tf, config, w }: Batch,
  { z, raw, crossing }: { z: Tensor2D; raw: Tensor2D; crossing: number },
): Tensor {
  const { bandwidth } = config.recipe;
  return tf.tidy(() => {
    const theta = tf.relu(w.threshold);
    const window = tf.tidy(() => {
      const [bottom, top] = [tf.sub(theta, bandwidth / 2), tf.add(theta, bandwidth / 2)];
      return tf.cast(tf.logicalAnd(tf.greater(z, bottom), tf.lessEqual(z, top)), 'float32');
    });
    const pulls = tf.tidy(() => tf.mul(theta, tf.sum(tf.mul(raw, window), 0)));
    const crossings = tf.mul(crossing, tf.sum(window, 0));
    return tf.mul(-1 / bandwidth, tf.add(pulls, crossings));
  });
}
