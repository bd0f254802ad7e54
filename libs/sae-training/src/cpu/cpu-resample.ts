import { createRandom } from '@facet/random';
import type { StandardRecipeConfig } from '../recipes/standard.ts';
import type { BatchStep } from './cpu-gradients.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

/** How much shorter a new encoder row is than those of features that are alive. */
const ENCODER_SHARE = 0.2;

/** Added to the step for the stream of random numbers, so that no other use of the seed has it. */
const RESAMPLE_STREAM = 2 ** 20;

/**
 * Lets dead features begin anew ("Towards Monosemanticity", 2023, appendix): each takes a row of the batch just trained
 * on, drawn with p ∝ ‖x − x̂‖⁴ (its loss squared); its direction becomes that row at unit length, its encoder the
 * same at 0.2 × the mean norm of encoders alive, its bias 0, and Adam's moments of them 0. Every `resample_every`
 * steps, while the learning rate does not fall.
 */
export function resampleDead(
  cpu: CpuWorkspace<Required<StandardRecipeConfig>>,
  { step, dead }: BatchStep,
): void {
  const { config } = cpu;
  if (dead.length === 0 || !resamplesAfter(config, step + 1)) return;
  const random = createRandom(config.seed, RESAMPLE_STREAM + step);
  const draw = cumulativeLosses(cpu);
  const encoderNorm = ENCODER_SHARE * meanAliveNorm(cpu, dead);
  for (const feature of dead) {
    const row = rowAt(draw, random.uniform());
    if (row !== undefined) beginAnew(cpu, feature, { row, encoderNorm });
  }
}

/** Tells whether dead features begin anew after `step` steps. */
export function resamplesAfter(
  {
    recipe,
    steps,
    decay_fraction,
  }: { recipe: { resample_every: number }; steps: number; decay_fraction: number },
  step: number,
): boolean {
  const { resample_every } = recipe;
  return resample_every > 0 && step % resample_every === 0 && step < steps * (1 - decay_fraction);
}

/** Running sums of every row's squared loss. */
function cumulativeLosses({ errors: [error], width, config }: CpuWorkspace): Float64Array {
  const sums = new Float64Array(config.batch_rows);
  let total = 0;
  for (let row = 0; row < sums.length; row++) {
    let loss = 0;
    for (let at = row * width; at < (row + 1) * width; at++) loss += error[at] * error[at];
    total += loss * loss;
    sums[row] = total;
  }
  return sums;
}

/** The row that `uniform` in [0, 1) falls on; undefined where every loss is 0. */
function rowAt(sums: Float64Array, uniform: number): number | undefined {
  const wanted = uniform * sums[sums.length - 1];
  const row = sums.findIndex((sum) => sum > wanted);
  return row < 0 ? undefined : row;
}

function meanAliveNorm({ weights, width, config }: CpuWorkspace, dead: Uint32Array): number {
  const isDead = new Set(dead);
  let total = 0;
  for (let i = 0; i < config.d_sae; i++) {
    if (!isDead.has(i)) total += lengthOf(weights.W_enc.subarray(i * width, (i + 1) * width));
  }
  // Where none is alive, a new encoder is as long as a direction.
  return isDead.size < config.d_sae ? total / (config.d_sae - isDead.size) : 1 / ENCODER_SHARE;
}

function beginAnew(
  cpu: CpuWorkspace,
  feature: number,
  { row, encoderNorm }: { row: number; encoderNorm: number },
): void {
  const { weights, mean, square, x, width } = cpu;
  const input = x.subarray(row * width, (row + 1) * width);
  const length = lengthOf(input);
  if (length === 0) return;
  const at = feature * width;
  for (let j = 0; j < width; j++) {
    weights.W_dec[at + j] = input[j] / length;
    weights.W_enc[at + j] = (encoderNorm * input[j]) / length;
  }
  weights.b_enc[feature] = 0;
  const start = weights.all.byteOffset;
  for (const part of [weights.W_dec, weights.W_enc]) {
    const from = (part.byteOffset - start) / 4 + at;
    mean.fill(0, from, from + width);
    square.fill(0, from, from + width);
  }
  const bias = (weights.b_enc.byteOffset - start) / 4 + feature;
  mean[bias] = 0;
  square[bias] = 0;
}

function lengthOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
