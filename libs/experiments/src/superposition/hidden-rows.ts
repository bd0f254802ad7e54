import { createRandom } from '@facet/random';
import type { Toy } from './toy.ts';
import { drawBatch, type ToyBatch } from './toy-batch.ts';

/** What an SAE sees of a toy: rows h = W x, [·, m], of inputs as sparse as the toy was trained on. */
export interface HiddenRows {
  train: Float32Array;
  heldOut: Float32Array;
}

/** Different rows to train an SAE on. */
export const TRAIN_ROWS = 100_000;
const HELD_OUT_ROWS = 4096;
const TRAIN_STREAM = 10;
const HELD_OUT_STREAM = 11;

/** Draws the hidden rows of a toy; those held out come from a stream of their own. */
export function drawHiddenRows(toy: Toy, density: number, seed: bigint): HiddenRows {
  const draw = (rows: number, stream: number) =>
    hiddenOf(toy, drawBatch({ n: toy.n, density }, rows, createRandom(seed, stream)));
  return { train: draw(TRAIN_ROWS, TRAIN_STREAM), heldOut: draw(HELD_OUT_ROWS, HELD_OUT_STREAM) };
}

/** h = W x of every row, [rows, m]. */
export function hiddenOf({ m, W }: Pick<Toy, 'm' | 'W'>, batch: ToyBatch): Float32Array {
  const h = new Float32Array(batch.rows * m);
  for (let r = 0; r < batch.rows; r++) {
    for (let e = batch.offsets[r]; e < batch.offsets[r + 1]; e++) {
      const start = batch.features[e] * m;
      for (let d = 0; d < m; d++) h[r * m + d] += batch.values[e] * W[start + d];
    }
  }
  return h;
}
