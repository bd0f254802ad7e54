import { penaltyOf } from '../../recipes/jumprelu-penalty.ts';
import type { JumpreluRecipeConfig } from '../../recipes/recipe-config.ts';
import { lambdaAt } from '../../schedule/schedule.ts';
import { decodeDense, projectDense } from './cpu-dense.ts';
import { addDecoded } from './cpu-entries.ts';
import type { CpuGradients } from './cpu-gradients.ts';
import {
  addDenseDirections,
  beginError,
  countPositive,
  type RectifiedLoss,
  rectifiedGradients,
} from './cpu-rectified.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

type Cpu = CpuWorkspace<Required<JumpreluRecipeConfig>>;

/**
 * JumpReLU on the CPU. With z = x W_enc + b_enc, θ = max(0, threshold), e = x̂ − x over B rows, g_i = e·W_dec_i, and
 * the window |z_i − θ_i| ≤ ε/2:
 *
 *     ∂L/∂W_enc_i = 2/B Σ g_i x where z_i > θ_i        ∂L/∂W_dec_i = 2/B Σ f_i e
 *     ð L/ðθ_i = −1/ε · (2/B θ_i Σ g_i + P'(l0)/B Σ 1), both sums inside the window
 *
 * Entries in the window below θ are selected too: their value is 0, their projection g_i counts. Σ g_i is gathered
 * in `mass`, the crossings in `penalty`, the upper end of the window in `ceiling`.
 */
const jumpreluLoss: RectifiedLoss<JumpreluRecipeConfig> = {
  gate: false,

  prepare(cpu, { training }) {
    const { floor, threshold, ceiling, mass, penalty, weights, config } = cpu;
    const half = config.recipe.bandwidth / 2;
    for (let i = 0; i < threshold.length; i++) {
      threshold[i] = Math.max(0, weights.vectors.threshold[i]);
      floor[i] = training ? threshold[i] - half : threshold[i];
      ceiling[i] = threshold[i] + half;
    }
    mass.fill(0);
    penalty.fill(0);
  },

  decodeSparse(cpu, { first, rows, from, to }) {
    const { kernels, main, threshold, errors } = cpu;
    const { index, value } = main;
    const firings = kernels.jumpEntries(from, to, index.byteOffset, value.byteOffset, threshold.byteOffset);
    beginError(cpu, errors[0], { first, rows, centred: false });
    const squared_error = addDecoded(cpu, { entries: main, residual: errors[0], first, rows });
    return { squared_error, gate_error: 0, firings };
  },

  gatherSparse(cpu, { from, to }) {
    const { kernels, main, ceiling, config } = cpu;
    const entries = [main.index, main.value, main.slope, ceiling].map(({ byteOffset }) => byteOffset);
    const [index, value, slope, top] = entries;
    kernels.jumpSlopes(from, to, index, value, slope, top, ...sumsOf(cpu), 2 / config.batch_rows);
  },

  async decodeDense(cpu, { first, rows }) {
    const { kernels, dense, errors, pre, weights, threshold, d_sae } = cpu;
    const acts = dense!.acts;
    const bounds = [weights.b_enc.byteOffset, threshold.byteOffset] as const;
    kernels.jumpRows(pre.byteOffset, ...bounds, rows, d_sae, acts.byteOffset);
    beginError(cpu, errors[0], { first, rows, centred: false });
    const squared_error = await decodeDense(cpu, acts, { error: errors[0], first, rows });
    return { squared_error, gate_error: 0, firings: countPositive(acts, rows * d_sae) };
  },

  async gatherDense(cpu, block) {
    const { kernels, dense, errors, pre, floor, ceiling, config, d_sae } = cpu;
    const { acts, slopes } = dense!;
    await addDenseDirections(cpu, block);
    await projectDense(cpu, slopes, { ...block, error: errors[0] });
    const blocks = [pre.byteOffset, acts.byteOffset, slopes.byteOffset, block.rows, d_sae] as const;
    const window = [floor.byteOffset, ceiling.byteOffset] as const;
    kernels.jumpSlopeRows(...blocks, ...window, ...sumsOf(cpu), 2 / config.batch_rows);
  },

  finish(cpu, { squared_error, firings }, { step }) {
    const { kernels, gradients, errors, mass: pull, penalty: crossings, threshold, config, width } = cpu;
    const { recipe, batch_rows: rows, steps, d_sae } = config;
    const lambda = lambdaAt(recipe, step, steps);
    const { value, slope } = penaltyOf(firings / rows, { ...recipe, lambda });
    for (let i = 0; i < d_sae; i++) {
      const inWindow = (2 * threshold[i] * pull[i] + slope * crossings[i]) / rows;
      gradients.vectors.threshold[i] = -inWindow / recipe.bandwidth;
    }
    kernels.addColumns(gradients.b_dec.byteOffset, errors[0].byteOffset, rows, width, 2 / rows);
    return squared_error / rows + value;
  },
};

/** Trains `jumprelu`. */
export const cpuJumpreluGradients: CpuGradients<JumpreluRecipeConfig> = rectifiedGradients(jumpreluLoss);

/** Where kernels gather sums: projections and crossings in the window, firings, biases. */
function sumsOf({ mass, penalty, firings, gradients }: Cpu): [number, number, number, number] {
  return [mass.byteOffset, penalty.byteOffset, firings.byteOffset, gradients.b_enc.byteOffset];
}
