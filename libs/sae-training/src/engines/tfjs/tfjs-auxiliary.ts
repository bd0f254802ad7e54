import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { SelectionConfig } from '../../recipes/recipe-config.ts';
import { squares } from './tfjs-arithmetic.ts';
import type { TfjsBatch } from './tfjs-gradients.ts';
import { strongestOfRows } from './tfjs-selection.ts';

type Batch = TfjsBatch<Required<SelectionConfig>>;

/** A loss with the gradients that selected features have a part in. */
export interface SelectedGradients {
  loss: Tensor;
  gradients: { W_enc: Tensor; b_enc: Tensor; W_dec: Tensor };
}

export interface AuxiliaryInput extends SelectedGradients {
  /** Pre-activations [rows, d_sae]. */
  pre: Tensor2D;
  /** x̂ − x [rows, d_in]. */
  error: Tensor2D;
  /** Dead features, ascending. */
  dead: Uint32Array;
}

/**
 * Adds the auxiliary term α Σ‖a W_dec − r‖² / Σ‖r − mean r‖² and its gradients, where a are the k_aux strongest dead
 * features of a row and r = x − x̂ is held fixed; nothing where none is dead or r does not vary.
 */
export function addAuxiliary(batch: Batch, input: AuxiliaryInput): SelectedGradients {
  const { tf, config, w, x } = batch;
  const { loss, gradients, dead } = input;
  const { auxk_alpha, k_aux } = config.recipe;
  if (dead.length === 0 || auxk_alpha === 0) return { loss, gradients };
  const places = tf.tensor1d(Int32Array.from(dead), 'int32');
  const directions = tf.gather(w.W_dec, places);
  const a = tf.tidy(() => strongestOfRows(tf, tf.gather(input.pre, places, 1), Math.min(k_aux, dead.length)));
  const error = tf.tidy(() => tf.add(tf.matMul(a, directions), input.error));
  const weight = tf.tidy(() => tf.divNoNan(auxk_alpha, varianceOf(batch, input.error)));
  const pull = tf.tidy(() => tf.mul(tf.mul(2, weight), error));
  const slopes = tf.tidy(() => tf.mul(tf.matMul(pull, directions, false, true), tf.step(a)));
  const add = (to: Tensor, part: Tensor) =>
    tf.tidy(() => tf.add(to, tf.scatterND(tf.expandDims(places, 1), part, to.shape)));
  return {
    loss: tf.add(loss, tf.mul(weight, squares(tf, error))),
    gradients: {
      W_enc: add(gradients.W_enc, tf.matMul(slopes, x, true)),
      b_enc: add(gradients.b_enc, tf.sum(slopes, 0)),
      W_dec: add(gradients.W_dec, tf.matMul(a, pull, true)),
    },
  };
}

/** Σ‖r − mean r‖² over rows. */
function varianceOf({ tf }: Batch, residual: Tensor2D): Tensor {
  return tf.tidy(() => squares(tf, tf.sub(residual, tf.mean(residual, 0))));
}
