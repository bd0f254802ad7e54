import type { Tensor2D } from '@tensorflow/tfjs-core';
import { recipeOf } from '../../recipes/registry.ts';
import type { EvaluationSums } from '../engine.ts';
import { useBackend } from './load-tfjs.ts';
import { centredError, countFirings, plainError, preActivations, squares } from './tfjs-arithmetic.ts';
import type { TfjsBatch } from './tfjs-gradients.ts';
import { floatOf, floatsOf, scoped } from './tfjs-reading.ts';
import { tfjsGradientsOf } from './tfjs-recipes.ts';
import { INPUT_SCALE, type TfjsTraining, THRESHOLD } from './tfjs-training.ts';

/** Bytes of pre-activations that are copied out at a time. */
const BLOCK_BYTES = 8 << 20;

/** The first `rows` rows of the batch, scaled and centred as the recipe's encoder sees them. */
export function prepareRows(
  { tf, config, weights: w, scalars, batch }: TfjsTraining,
  rows: number,
): Tensor2D {
  const { d_in, recipe } = config;
  const scale = scalars[INPUT_SCALE];
  return tf.tidy(() => {
    const captured = tf.tensor2d(batch.slice(0, rows * d_in), [rows, d_in]);
    const scaled: Tensor2D = scale === 1 ? captured : tf.mul(captured, scale);
    return recipeOf(recipe).subtracts_b_dec ? tf.sub<Tensor2D>(scaled, w.b_dec) : scaled;
  });
}

/** Σ‖x‖² and Σx of rows. */
export function momentsOf(tf: TfjsTraining['tf'], x: Tensor2D) {
  const column_sums = Float64Array.from(scoped(tf, () => floatsOf(tf.sum(x, 0))));
  return { squared_norm: scoped(tf, () => floatOf(squares(tf, x))), column_sums };
}

/** Encodes and decodes the first `rows` rows of the batch as the published SAE would. */
export function evaluateRows(training: TfjsTraining, rows: number): EvaluationSums {
  const { tf, config, weights: w, scalars } = training;
  const recipe = recipeOf(config.recipe);
  return scoped(tf, () => {
    const x = prepareRows(training, rows);
    const batch: TfjsBatch<typeof config.recipe> = { tf, config, w, x };
    const f = tfjsGradientsOf(config.recipe).encode(batch, scalars[THRESHOLD]);
    const error = recipe.subtracts_b_dec ? centredError(batch, f) : plainError(batch, f);
    const full: Tensor2D = recipe.subtracts_b_dec ? tf.add(x, w.b_dec) : x;
    return {
      rows,
      squared_error: floatOf(squares(tf, error)),
      firings: floatsOf(countFirings(tf, f)).reduce((sum, n) => sum + n, 0),
      ...momentsOf(tf, x),
      ...agreementOf(tf, full, error),
    };
  });
}

/** Encodes the first `rows` rows of the batch; blocks of whole rows, each in an array of its own. */
export async function* preActivationBlocks(
  training: TfjsTraining,
  rows: number,
): AsyncGenerator<Float32Array, void> {
  const { tf, config, weights: w } = training;
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / 4 / config.d_sae));
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    useBackend(training);
    yield scoped(tf, () => {
      const x = tf.slice(prepareRows(training, first + count), [first, 0]);
      return floatsOf(preActivations({ tf, config, w, x })).slice();
    });
  }
}

/** Sums over rows how x̂ agrees with x, both as they came in, in direction and length. */
function agreementOf(tf: TfjsTraining['tf'], x: Tensor2D, error: Tensor2D) {
  const decoded: Tensor2D = tf.add(x, error);
  const dots = (a: Tensor2D, b: Tensor2D) => floatsOf(tf.sum(tf.mul(a, b), 1));
  const [xx, hh, xh] = [dots(x, x), dots(decoded, decoded), dots(x, decoded)];
  const sums = { cosine: 0, norm_ratio: 0 };
  for (let row = 0; row < xx.length; row++) {
    if (xx[row] === 0) continue;
    sums.norm_ratio += Math.sqrt(hh[row] / xx[row]);
    if (hh[row] > 0) sums.cosine += xh[row] / Math.sqrt(xx[row] * hh[row]);
  }
  return sums;
}
