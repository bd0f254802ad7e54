import { createRandom } from '@facet/random';
import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { resamplesAfter } from '../cpu/cpu-resample.ts';
import type { StandardRecipeConfig } from '../recipes/standard.ts';
import type { TfjsStep } from './tfjs-gradients.ts';
import { floatsOf, scoped } from './tfjs-reading.ts';
import type { TfjsTraining } from './tfjs-training.ts';

/** How much shorter a new encoder row is than those of features that are alive. */
const ENCODER_SHARE = 0.2;

/** Added to the step for the stream of random numbers: that of the CPU engine, which draws the same rows. */
const RESAMPLE_STREAM = 2 ** 20;

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
  const random = createRandom(config.seed, RESAMPLE_STREAM + step);
  const sums = cumulativeLosses(scoped(tf, () => floatsOf(tf.sum(tf.square(error), 1))));
  const beginnings = [...dead].flatMap((feature) => {
    const input = rowAt(x, sums, random.uniform());
    return input ? [{ feature, input }] : [];
  });
  const length = ENCODER_SHARE * meanAliveNorm(training, dead);
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

/** Running sums of every row's squared loss. */
function cumulativeLosses(losses: Float32Array): Float64Array {
  let total = 0;
  return Float64Array.from(losses, (loss) => {
    total += loss * loss;
    return total;
  });
}

/** The row that `uniform` in [0, 1) falls on, at unit length; undefined where it has none, or every loss is 0. */
function rowAt(x: Tensor2D, sums: Float64Array, uniform: number): Float32Array | undefined {
  const wanted = uniform * sums[sums.length - 1];
  const row = sums.findIndex((sum) => sum > wanted);
  if (row < 0) return undefined;
  const d_in = x.shape[1];
  const input = floatsOf(x).slice(row * d_in, (row + 1) * d_in);
  const length = lengthOf(input);
  return length === 0 ? undefined : input.map((value) => value / length);
}

function meanAliveNorm(
  { tf, weights: { W_enc }, config: { d_sae } }: TfjsTraining<Required<StandardRecipeConfig>>,
  dead: Uint32Array,
): number {
  // Where none is alive, a new encoder is as long as a direction.
  if (dead.length === d_sae) return 1 / ENCODER_SHARE;
  const norms = scoped(tf, () => floatsOf(tf.sqrt(tf.sum(tf.square(W_enc), 1))));
  const isDead = new Set(dead);
  const total = norms.reduce((sum, norm, i) => (isDead.has(i) ? sum : sum + norm), 0);
  return total / (d_sae - dead.length);
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
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
