import type { StandardRecipeConfig } from '../../recipes/recipe-config.ts';
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
  weigh,
} from './cpu-rectified.ts';
import { resampleDead } from './cpu-resample.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

type Cpu = CpuWorkspace<Required<StandardRecipeConfig>>;

/**
 * The standard loss on the CPU. With e = x̂ − x over B rows and f = ReLU(x W_enc + b_enc):
 *
 *     s_i = e·W_dec_i + λ/2 ‖W_dec_i‖ where f_i > 0        ∂L/∂W_enc_i = 2/B Σ s_i x        ∂L/∂b_enc_i = 2/B Σ s_i
 *     ∂L/∂W_dec_i = 2/B Σ f_i e + λ/B (Σ f_i) W_dec_i/‖W_dec_i‖        ∂L/∂b_dec = 2/B Σ e
 */
const standardLoss: RectifiedLoss<StandardRecipeConfig> = {
  gate: false,

  prepare(cpu, { step, training }) {
    const { kernels, penalty, floor, mass, weights, d_sae, width } = cpu;
    floor.fill(0);
    mass.fill(0);
    if (!training) return;
    const half = lambdaOf(cpu, step) / 2;
    kernels.rowNorms(penalty.byteOffset, weights.W_dec.byteOffset, d_sae, width, half);
  },

  decodeSparse(cpu, { first, rows, from, to }) {
    const residual = cpu.errors[0];
    beginError(cpu, residual, { first, rows, centred: false });
    const squared_error = addDecoded(cpu, { entries: cpu.main, residual, first, rows });
    return { squared_error, gate_error: 0, firings: to - from };
  },

  gatherSparse(cpu, { from, to }) {
    const { kernels, main, config } = cpu;
    const entries = [main.index, main.value, main.slope].map(({ byteOffset }) => byteOffset);
    const [index, value, slope] = entries;
    kernels.penaliseEntries(from, to, index, value, slope, ...sumsOf(cpu), 2 / config.batch_rows);
  },

  async decodeDense(cpu, { first, rows }) {
    const { kernels, dense, errors, pre, weights, d_sae } = cpu;
    const acts = dense!.acts;
    kernels.rectifyRows(pre.byteOffset, weights.b_enc.byteOffset, rows, d_sae, acts.byteOffset);
    beginError(cpu, errors[0], { first, rows, centred: false });
    const squared_error = await decodeDense(cpu, acts, { error: errors[0], first, rows });
    return { squared_error, gate_error: 0, firings: countPositive(acts, rows * d_sae) };
  },

  async gatherDense(cpu, block) {
    const { kernels, dense, errors, config, d_sae } = cpu;
    const { acts, slopes } = dense!;
    await addDenseDirections(cpu, block);
    await projectDense(cpu, slopes, { ...block, error: errors[0] });
    const shape = [acts.byteOffset, slopes.byteOffset, block.rows, d_sae] as const;
    kernels.penaliseRows(...shape, ...sumsOf(cpu), 2 / config.batch_rows);
  },

  finish(cpu, { squared_error }, { step }) {
    const { kernels, gradients, weights, errors, mass, penalty, config, width, d_sae } = cpu;
    const rows = config.batch_rows;
    const lambda = lambdaOf(cpu, step);
    const directions = [gradients.W_dec.byteOffset, weights.W_dec.byteOffset] as const;
    kernels.addNormGradient(...directions, mass.byteOffset, d_sae, width, lambda / rows);
    kernels.addColumns(gradients.b_dec.byteOffset, errors[0].byteOffset, rows, width, 2 / rows);
    return (squared_error + 2 * weigh(mass, penalty)) / rows;
  },
};

/** Trains `standard`, and resamples dead features where it is asked to. */
export const cpuStandardGradients: CpuGradients<StandardRecipeConfig> = {
  ...rectifiedGradients(standardLoss),
  afterUpdate: resampleDead,
};

function lambdaOf({ config }: Cpu, step: number): number {
  return lambdaAt(config.recipe, step, config.steps);
}

/** Where kernels read the penalty's slopes and gather what they sum: penalty, mass, firings, biases. */
function sumsOf({ penalty, mass, firings, gradients }: Cpu): [number, number, number, number] {
  return [penalty.byteOffset, mass.byteOffset, firings.byteOffset, gradients.b_enc.byteOffset];
}
