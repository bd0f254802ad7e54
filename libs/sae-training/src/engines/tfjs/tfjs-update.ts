import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { VectorRates } from '../../recipes/recipe.ts';
import type { Tf } from './load-tfjs.ts';
import { squares } from './tfjs-arithmetic.ts';
import { floatOf } from './tfjs-reading.ts';
import { mapParameters, type TfjsParameters, type TfjsTraining } from './tfjs-training.ts';

/** Takes from the gradient of W_dec what lies along the directions, whose rows have unit length. */
export function removeParallel(tf: Tf, gradients: TfjsParameters, W_dec: Tensor): TfjsParameters {
  const gradient = tf.tidy(() => {
    const along = tf.sum(tf.mul(gradients.W_dec, W_dec), 1, true);
    return tf.sub(gradients.W_dec, tf.mul(along, W_dec));
  });
  return { ...gradients, W_dec: gradient };
}

/** The norm of all gradients together. */
export function normOf(tf: Tf, gradients: TfjsParameters): number {
  const parts = Object.values(mapParameters(gradients, (gradient) => floatOf(squares(tf, gradient))));
  return Math.sqrt(parts.reduce((sum, part) => sum + part, 0));
}

/** What one step of Adam depends on besides moments and gradients. */
export interface AdamStep {
  /** Steps taken before this one. */
  step: number;
  learning_rate: number;
  /** Norm of all gradients. */
  norm: number;
  /** By what the learning rate of some vectors is multiplied. */
  vector_rates: VectorRates;
}

/**
 * One Adam step on all weights, the gradient clipped to the configured norm (Kingma & Ba 2015, bias corrections folded
 * into the rates):
 *
 *     g = clip·G;  m = β1 m + (1−β1) g;  v = β2 v + (1−β2) g²;  W −= rate·m / (√v·rootScale + ε)
 */
export function updateWeights(training: TfjsTraining, gradients: TfjsParameters, at: AdamStep): void {
  const { tf, config, weights, mean, square } = training;
  const { beta1, beta2, epsilon } = config.adam;
  const clip = config.gradient_clip_norm;
  const scale = clip > 0 ? Math.min(1, clip / (at.norm + 1e-6)) : 1;
  const rootScale = 1 / Math.sqrt(1 - beta2 ** (at.step + 1));
  for (const [name, W] of Object.entries(weights)) {
    const [m, v] = [mean[name], square[name]];
    const rate = (at.learning_rate * (at.vector_rates[name] ?? 1)) / (1 - beta1 ** (at.step + 1));
    assign(tf, m, () => tf.add(tf.mul(beta1, m), tf.mul((1 - beta1) * scale, gradients[name])));
    assign(tf, v, () =>
      tf.add(tf.mul(beta2, v), tf.mul(1 - beta2, tf.square(tf.mul(scale, gradients[name])))),
    );
    assign(tf, W, () => {
      const root = tf.tidy(() => tf.add(tf.mul(rootScale, tf.sqrt(v)), epsilon));
      return tf.sub(W, tf.div(tf.mul(rate, m), root));
    });
  }
}

/** Scales every direction to unit length; those of length 0 stay. */
export function unitDirections({ tf, weights: { W_dec } }: TfjsTraining): void {
  assign(tf, W_dec, () => tf.divNoNan(W_dec, tf.sqrt(tf.sum(tf.square(W_dec), 1, true))));
}

function assign(tf: Tf, variable: Variable, make: () => Tensor): void {
  tf.tidy(() => variable.assign(make()));
}
