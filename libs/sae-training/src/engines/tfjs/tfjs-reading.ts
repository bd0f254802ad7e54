import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tf } from './load-tfjs.ts';

/** Computes what is no tensor, and frees every tensor that was made on the way. */
export function scoped<T>(tf: Tf, compute: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = compute();
  });
  return result as T;
}

/** Reads a tensor of floats; some backends give their own array, which is not to be written to. */
export function floatsOf(tensor: Tensor): Float32Array {
  return tensor.dataSync<'float32'>();
}

/** Reads a scalar. */
export function floatOf(scalar: Tensor): number {
  return floatsOf(scalar)[0];
}
