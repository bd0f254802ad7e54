import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { GatedRecipeConfig } from '../../recipes/recipe-config.ts';
import { lambdaAt } from '../../schedule/schedule.ts';
import {
  centredError,
  centringGradient,
  countFirings,
  directionNorms,
  normGradient,
  products,
  pullOf,
  slopesOf,
  squares,
} from './tfjs-arithmetic.ts';
import type { TfjsBatch, TfjsGradients } from './tfjs-gradients.ts';

type Batch = TfjsBatch<Required<GatedRecipeConfig>>;

/**
 * Gated on tfjs, with z = (x − b_dec) W_enc, gates a = ReLU(z + b_gate), magnitudes f = [a > 0] ReLU(z exp(r_mag) + b_mag),
 * e and e' what f and a leave, over B rows:
 *
 *     m_i = 2/B e·W_dec_i [f_i > 0]        t_i = (2/B e'·W_dec_i + λ/B ‖W_dec_i‖) [a_i > 0]
 *     ∂L/∂W_enc_i = Σ (m_i exp(r_i) + t_i)(x − b_dec)        ∂L/∂b_gate_i = Σ t_i
 *     ∂L/∂b_mag_i = Σ m_i        ∂L/∂r_mag_i = Σ m_i exp(r_i) z_i
 *     ∂L/∂W_dec_i = 2/B Σ f_i e + λ/B (Σ a_i) W_dec_i/‖W_dec_i‖
 *     ∂L/∂b_dec = 2/B Σ e − Σ_i Σ (m_i exp(r_i) + t_i) W_enc_i
 */
export const tfjsGatedGradients: TfjsGradients<GatedRecipeConfig> = {
  matrices: 8,
  encode: (batch) => {
    const { tf } = batch;
    return tf.tidy(() => {
      const z = products(batch);
      return magnitudes(batch, z, gates(batch, z));
    });
  },

  train(batch, { step }) {
    const { tf, config, w, x } = batch;
    const weight = lambdaAt(config.recipe, step, config.steps) / config.batch_rows;
    const z = products(batch);
    const a = gates(batch, z);
    const f = magnitudes(batch, z, a);
    const [error, gateError] = [centredError(batch, f), centredError(batch, a)];
    const [pull, gatePull] = [pullOf(batch, error), pullOf(batch, gateError)];
    const norms = directionNorms(batch);
    const mass = tf.sum(a, 0);
    const m = tf.tidy(() => tf.mul(slopesOf(batch, pull), tf.step(f)));
    const t = tf.tidy(() => tf.mul(tf.add(slopesOf(batch, gatePull), tf.mul(weight, norms)), tf.step(a)));
    const through = tf.tidy(() => tf.mul(m, tf.exp(w.r_mag)));
    const slopes = tf.add(through, t) as Tensor2D;
    const squared = tf.add(squares(tf, error), squares(tf, gateError));
    const penalty = tf.mul(weight, tf.sum(tf.mul(mass, norms)));
    return {
      loss: tf.add(tf.div(squared, config.batch_rows), penalty),
      error,
      firings: countFirings(tf, f),
      gradients: {
        W_enc: tf.matMul(slopes, x, true),
        b_enc: tf.sum(t, 0),
        b_mag: tf.sum(m, 0),
        r_mag: tf.tidy(() => tf.sum(tf.mul(through, z), 0)),
        W_dec: tf.add(tf.matMul(f, pull, true), normGradient(batch, { mass, norms, weight })),
        b_dec: tf.add(tf.sum(pull, 0), centringGradient(batch, tf.sum(slopes, 0))),
      },
    };
  },
};

function gates({ tf, w }: Batch, z: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.relu(tf.add(z, w.b_enc)));
}

function magnitudes({ tf, w }: Batch, z: Tensor2D, a: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.mul(tf.relu(tf.add(tf.mul(z, tf.exp(w.r_mag)), w.b_mag)), tf.step(a)));
}
