import type { StandardRecipeConfig } from '../../recipes/recipe-config.ts';
import { lambdaAt } from '../../schedule/schedule.ts';
import {
  countFirings,
  directionNorms,
  normGradient,
  plainError,
  preActivations,
  pullOf,
  slopesOf,
  squares,
} from './tfjs-arithmetic.ts';
import type { TfjsGradients } from './tfjs-gradients.ts';
import { resampleDead } from './tfjs-resample.ts';

/**
 * The standard loss on tfjs, with f = ReLU(x W_enc + b_enc), e = x̂ − x, norms n_i = ‖W_dec_i‖ over B rows:
 *
 *     s_i = (2/B e·W_dec_i + λ/B n_i) [f_i > 0]        ∂L/∂W_enc_i = Σ s_i x        ∂L/∂b_enc_i = Σ s_i
 *     ∂L/∂W_dec_i = 2/B Σ f_i e + λ/B (Σ f_i) W_dec_i/n_i        ∂L/∂b_dec = 2/B Σ e
 */
export const tfjsStandardGradients: TfjsGradients<StandardRecipeConfig> = {
  matrices: 5,
  encode: (batch) => batch.tf.tidy(() => batch.tf.relu(preActivations(batch))),

  train(batch, { step }) {
    const { tf, config, x } = batch;
    const weight = lambdaAt(config.recipe, step, config.steps) / config.batch_rows;
    const f = tf.tidy(() => tf.relu(preActivations(batch)));
    const error = plainError(batch, f);
    const pull = pullOf(batch, error);
    const norms = directionNorms(batch);
    const mass = tf.sum(f, 0);
    const slopes = tf.tidy(() => tf.mul(tf.add(slopesOf(batch, pull), tf.mul(weight, norms)), tf.step(f)));
    const penalty = tf.mul(weight, tf.sum(tf.mul(mass, norms)));
    return {
      loss: tf.add(tf.div(squares(tf, error), config.batch_rows), penalty),
      error,
      firings: countFirings(tf, f),
      gradients: {
        W_enc: tf.matMul(slopes, x, true),
        b_enc: tf.sum(slopes, 0),
        W_dec: tf.add(tf.matMul(f, pull, true), normGradient(batch, { mass, norms, weight })),
        b_dec: tf.sum(pull, 0),
      },
    };
  },

  afterUpdate: resampleDead,
};
