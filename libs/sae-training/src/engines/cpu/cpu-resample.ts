import type { StandardRecipeConfig } from '../../recipes/recipe-config.ts';
import { createRowDraw, lengthOf, newEncoderLength, resamplesAfter } from '../../schedule/resampling.ts';
import type { BatchStep } from './cpu-gradients.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

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
  const draw = createRowDraw(config.seed, step, rowLosses(cpu));
  const encoderNorm = newEncoderLength(encoderNorms(cpu), dead);
  for (const feature of dead) {
    const row = draw();
    if (row !== undefined) beginAnew(cpu, feature, { row, encoderNorm });
  }
}

/** ‖x − x̂‖² of every row. */
function rowLosses({ errors: [error], width, config }: CpuWorkspace): Float64Array {
  const losses = new Float64Array(config.batch_rows);
  for (let row = 0; row < losses.length; row++) {
    for (let at = row * width; at < (row + 1) * width; at++) losses[row] += error[at] * error[at];
  }
  return losses;
}

function encoderNorms({ weights, width, config }: CpuWorkspace): Float64Array {
  return Float64Array.from({ length: config.d_sae }, (_, i) =>
    lengthOf(weights.W_enc.subarray(i * width, (i + 1) * width)),
  );
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
