import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tf } from './load-tfjs.ts';
import type { TfjsBatch } from './tfjs-gradients.ts';

/** Encodes rows without bias: x W_encᵀ [rows, d_sae]. */
export function products({ tf, w, x }: TfjsBatch): Tensor2D {
  return tf.matMul(x, w.W_enc, false, true) as Tensor2D;
}

/** Encodes rows: x W_encᵀ + b_enc [rows, d_sae]. */
export function preActivations(batch: TfjsBatch): Tensor2D {
  const { tf, w } = batch;
  return tf.tidy(() => tf.add(products(batch), w.b_enc));
}

/** Decodes activations and compares with rows that b_dec was subtracted from: f W_dec − x [rows, d_in]. */
export function centredError({ tf, w, x }: TfjsBatch, f: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.sub(tf.matMul(f, w.W_dec), x));
}

/** Decodes activations and compares with rows as they came in: f W_dec + b_dec − x [rows, d_in]. */
export function plainError(batch: TfjsBatch, f: Tensor2D): Tensor2D {
  const { tf, w } = batch;
  return tf.tidy(() => tf.add(centredError(batch, f), w.b_dec));
}

/** How the mean of ‖e‖² over the rows moves with x̂: 2/B·e. */
export function pullOf({ tf, config }: TfjsBatch, error: Tensor2D): Tensor2D {
  return tf.mul(2 / config.batch_rows, error);
}

/** How a loss that moves with x̂ by `pull` moves with every activation: pull W_decᵀ [rows, d_sae]. */
export function slopesOf({ tf, w }: TfjsBatch, pull: Tensor2D): Tensor2D {
  return tf.matMul(pull, w.W_dec, false, true) as Tensor2D;
}

/** ‖W_dec_i‖ of every feature [d_sae]. */
export function directionNorms({ tf, w }: TfjsBatch): Tensor1D {
  return tf.tidy(() => tf.sqrt(tf.sum(tf.square(w.W_dec), 1)));
}

/** The gradient of weight·Σ mass_i‖W_dec_i‖ with respect to W_dec; 0 for a direction of length 0. */
export function normGradient(
  { tf, w }: TfjsBatch,
  { mass, norms, weight }: { mass: Tensor; norms: Tensor; weight: number },
): Tensor2D {
  return tf.tidy(() => tf.mul(w.W_dec, tf.expandDims(tf.divNoNan(tf.mul(weight, mass), norms), 1)));
}

/** What reaches b_dec through an encoder that sees x − b_dec: −Σ_i slopes_i W_enc_i, slopes summed over rows [d_sae]. */
export function centringGradient({ tf, w }: TfjsBatch, slopes: Tensor): Tensor1D {
  return tf.tidy(() => tf.neg(tf.squeeze(tf.matMul(tf.expandDims(slopes, 0), w.W_enc), [0])));
}

/** Σ v². */
export function squares(tf: Tf, values: Tensor): Tensor {
  return tf.tidy(() => tf.sum(tf.square(values)));
}

/** Rows in which every feature fired [d_sae]. */
export function countFirings(tf: Tf, f: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.sum(tf.step(f), 0));
}
