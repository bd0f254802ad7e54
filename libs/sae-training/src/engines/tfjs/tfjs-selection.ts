import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tf } from './load-tfjs.ts';

/** Keeps of every row of `pre` [rows, n] the k largest that are > 0, ties lowest index first; the rest becomes 0. */
export function strongestOfRows(tf: Tf, pre: Tensor2D, k: number): Tensor2D {
  return tf.tidy(() => {
    const [rows] = pre.shape;
    const { values, indices } = tf.topk(pre, k);
    const row = tf.tile(tf.expandDims(tf.range(0, rows, 1, 'int32'), 1), [1, k]);
    const places = tf.reshape(tf.stack([row, indices], 2), [rows * k, 2]);
    return tf.scatterND(places, tf.reshape(tf.relu(values), [rows * k]), pre.shape) as Tensor2D;
  });
}

/**
 * Keeps of `pre` [rows, n] the rows·k largest that are > 0, ties lowest row and index first; the rest becomes 0.
 * `smallest` is the smallest that is kept, 0 where there is none.
 */
export function strongestOfBatch(tf: Tf, pre: Tensor2D, k: number): { f: Tensor2D; smallest: Tensor } {
  const [rows, n] = pre.shape;
  const { values, indices } = tf.topk(tf.reshape(pre, [rows * n]), rows * k);
  const places = tf.expandDims(indices, 1);
  const f = tf.reshape(tf.scatterND(places, tf.relu(values), [rows * n]), [rows, n]) as Tensor2D;
  return { f, smallest: smallestPositive(tf, values) };
}

/** The last of descending values that is > 0: the largest has nothing before it. */
function smallestPositive(tf: Tf, values: Tensor): Tensor {
  return tf.tidy(() => {
    const largest = tf.max(values);
    return tf.relu(tf.min(tf.where(tf.greater(values, 0), values, largest)));
  });
}
