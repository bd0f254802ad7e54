import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { StandardRecipeConfig } from '../../recipes/recipe-config.ts';
import { createRowDraw, lengthOf, newEncoderLength, resamplesAfter } from '../../schedule/resampling.ts';
import type { TfjsStep } from './tfjs-gradients.ts';
import { floatsOf, scoped } from './tfjs-reading.ts';
import type { TfjsTraining } from './tfjs-training.ts';

/**
 * Lets dead features begin anew ("Towards Monosemanticity", 2023, appendix): each takes a row of the batch just trained
 * on, drawn with p ∝ ‖x − x̂‖⁴ (its loss squared); its direction becomes that row at unit length, its encoder the
 * same at 0.2 × the mean norm of encoders alive, its bias 0, and Adam's moments of them 0. It happens rarely, on host
 * copies.
 */
export function resampleDead(
  training: TfjsTraining<Required<StandardRecipeConfig>>,
  { x, error }: { x: Tensor2D; error: Tensor2D },
  { step, dead }: TfjsStep,
): void {
  const { tf, config, weights, mean, square } = training;
  if (dead.length === 0 || !resamplesAfter(config, step + 1)) return;
  const rows = floatsOf(x);
  const draw = createRowDraw(config.seed, step, squaredNorms(tf, error));
  const beginnings = [...dead].flatMap((feature) => {
    const row = draw();
    const input = row === undefined ? undefined : directionOf(rows, row, config.d_in);
    return input ? [{ feature, input }] : [];
  });
  const length = newEncoderLength(squaredNorms(tf, weights.W_enc).map(Math.sqrt), dead);
  edit(training, weights.W_dec, (W) => {
    for (const { feature, input } of beginnings) W.set(input, feature * config.d_in);
  });
  edit(training, weights.W_enc, (W) => {
    const encoder = (input: Float32Array) => input.map((value) => length * value);
    for (const { feature, input } of beginnings) W.set(encoder(input), feature * config.d_in);
  });
  for (const variable of [weights.b_enc, mean.b_enc, square.b_enc]) {
    edit(training, variable, (b) => {
      for (const { feature } of beginnings) b[feature] = 0;
    });
  }
  for (const variable of [mean.W_enc, mean.W_dec, square.W_enc, square.W_dec]) {
    edit(training, variable, (moments) => {
      for (const { feature } of beginnings) {
        moments.fill(0, feature * config.d_in, (feature + 1) * config.d_in);
      }
    });
  }
}

function squaredNorms(tf: TfjsTraining['tf'], rows: Tensor2D | Variable): Float32Array {
  return scoped(tf, () => floatsOf(tf.sum(tf.square(rows), 1)));
}

/** A row at unit length; undefined where it has no length. */
function directionOf(rows: Float32Array, row: number, d_in: number): Float32Array | undefined {
  const input = rows.slice(row * d_in, (row + 1) * d_in);
  const length = lengthOf(input);
  return length === 0 ? undefined : input.map((value) => value / length);
}

/** Changes a variable on a host copy. */
function edit(
  { tf }: Pick<TfjsTraining, 'tf'>,
  variable: Variable,
  change: (values: Float32Array) => void,
): void {
  const values = floatsOf(variable).slice();
  change(values);
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
}
