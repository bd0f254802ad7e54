import type { GatedRecipeConfig } from '../../recipes/recipe-config.ts';
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
import type { CpuWorkspace } from './cpu-workspace.ts';

type Cpu = CpuWorkspace<Required<GatedRecipeConfig>>;

/**
 * Gated on the CPU: entries are the features whose gate is open. With e of the magnitudes f and e' of the gates a, over B
 * rows, and factors exp(r_mag):
 *
 *     m_i = e·W_dec_i where f_i > 0        t_i = e'·W_dec_i + λ/2 ‖W_dec_i‖ where a_i > 0
 *     ∂L/∂W_enc_i = 2/B Σ (m_i exp(r_i) + t_i)(x − b_dec)        ∂L/∂b_gate_i = 2/B Σ t_i
 *     ∂L/∂b_mag_i = 2/B Σ m_i        ∂L/∂r_mag_i = 2/B Σ m_i exp(r_i) z_i
 *     ∂L/∂W_dec_i = 2/B Σ f_i e + λ/B (Σ a_i) W_dec_i/‖W_dec_i‖
 *     ∂L/∂b_dec = 2/B Σ e − Σ_i 2/B Σ (m_i exp(r_i) + t_i) W_enc_i
 *
 * `threshold` holds exp(r_mag), `errors` e and e'.
 */
const gatedLoss: RectifiedLoss<GatedRecipeConfig> = {
  gate: true,

  prepare(cpu, { step, training }) {
    const { kernels, penalty, floor, mass, threshold: factor, weights, d_sae, width } = cpu;
    floor.fill(0);
    mass.fill(0);
    factor.set(weights.vectors.r_mag.map(Math.exp));
    if (!training) return;
    const half = lambdaOf(cpu, step) / 2;
    kernels.rowNorms(penalty.byteOffset, weights.W_dec.byteOffset, d_sae, width, half);
  },

  decodeSparse(cpu, { first, rows, from, to }) {
    const { kernels, main, errors } = cpu;
    const entries = [main.index, main.value, main.gate].map(({ byteOffset }) => byteOffset);
    const [index, value, gate] = entries;
    const { b_gate, b_mag, factor } = offsetsOf(cpu);
    const firings = kernels.gateEntries(from, to, index, value, gate, b_gate, b_mag, factor);
    for (const error of errors) beginError(cpu, error, { first, rows, centred: true });
    const [residual, gateResidual] = errors;
    return {
      squared_error: addDecoded(cpu, { entries: main, residual, first, rows }),
      gate_error: addDecoded(cpu, { entries: main, residual: gateResidual, activation: 'gate', first, rows }),
      firings,
    };
  },

  gatherSparse(cpu, { from, to }) {
    const { kernels, main, config } = cpu;
    const { index, value, gate, slope, gateSlope } = main;
    const entries = [index, value, gate, slope, gateSlope].map(({ byteOffset }) => byteOffset);
    const [i, f, a, s, t] = entries;
    const { b_gate, factor, penalty, mass, firings, G_gate, G_mag, G_r } = offsetsOf(cpu);
    const vectors = [b_gate, factor, penalty, mass, firings, G_gate, G_mag, G_r] as const;
    kernels.gateSlopes(from, to, i, f, a, s, t, ...vectors, 2 / config.batch_rows);
  },

  async decodeDense(cpu, block) {
    const { kernels, dense, errors, pre, d_sae } = cpu;
    const { acts, slopes: gates } = dense!;
    const { b_gate, b_mag, factor } = offsetsOf(cpu);
    const blocks = [acts.byteOffset, gates.byteOffset] as const;
    kernels.gateRows(pre.byteOffset, block.rows, d_sae, b_gate, b_mag, factor, ...blocks);
    for (const error of errors) beginError(cpu, error, { ...block, centred: true });
    return {
      squared_error: await decodeDense(cpu, acts, { ...block, error: errors[0] }),
      gate_error: await decodeDense(cpu, gates, { ...block, error: errors[1] }),
      firings: countPositive(acts, block.rows * d_sae),
    };
  },

  async gatherDense(cpu, block) {
    const { kernels, dense, errors, pre, config, d_sae } = cpu;
    const { acts, slopes } = dense!;
    const { b_gate, factor, penalty, mass, firings, G_gate, G_mag, G_r } = offsetsOf(cpu);
    const scale = 2 / config.batch_rows;
    const shape = [block.rows, d_sae] as const;
    await addDenseDirections(cpu, block);
    await projectDense(cpu, slopes, { ...block, error: errors[0] });
    const magnitudes = [pre.byteOffset, acts.byteOffset, slopes.byteOffset, ...shape] as const;
    kernels.magnitudeRows(...magnitudes, factor, firings, G_mag, G_r, scale);
    // The activations have been used: their block holds the gate's slopes now.
    await projectDense(cpu, acts, { ...block, error: errors[1] });
    const gates = [pre.byteOffset, acts.byteOffset, slopes.byteOffset, ...shape] as const;
    kernels.gateSlopeRows(...gates, b_gate, penalty, mass, G_gate, scale);
  },

  finish(cpu, { squared_error, gate_error }, { step }) {
    const { kernels, gradients, weights, errors, mass, penalty, config, width, d_sae } = cpu;
    const rows = config.batch_rows;
    const directions = [gradients.W_dec.byteOffset, weights.W_dec.byteOffset] as const;
    kernels.addNormGradient(...directions, mass.byteOffset, d_sae, width, lambdaOf(cpu, step) / rows);
    const to = gradients.b_dec.byteOffset;
    kernels.addColumns(to, errors[0].byteOffset, rows, width, 2 / rows);
    kernels.addWeightedRows(to, weights.W_enc.byteOffset, productSlopes(cpu), d_sae, width, -1);
    return (squared_error + gate_error + 2 * weigh(mass, penalty)) / rows;
  },
};

/** Trains `gated`. */
export const cpuGatedGradients: CpuGradients<GatedRecipeConfig> = rectifiedGradients(gatedLoss);

function lambdaOf({ config }: Cpu, step: number): number {
  return lambdaAt(config.recipe, step, config.steps);
}

/** Writes how the loss moves with every feature's product x·W_enc, summed over rows, to `floor`; returns where that is. */
function productSlopes({ floor, threshold: factor, gradients: { b_enc, vectors } }: Cpu): number {
  for (let i = 0; i < floor.length; i++) floor[i] = b_enc[i] + factor[i] * vectors.b_mag[i];
  return floor.byteOffset;
}

/** Where the vectors [d_sae] lie that kernels read and add to. */
function offsetsOf({ weights, gradients, threshold, penalty, mass, firings }: Cpu) {
  return {
    b_gate: weights.b_enc.byteOffset,
    b_mag: weights.vectors.b_mag.byteOffset,
    factor: threshold.byteOffset,
    penalty: penalty.byteOffset,
    mass: mass.byteOffset,
    firings: firings.byteOffset,
    G_gate: gradients.b_enc.byteOffset,
    G_mag: gradients.vectors.b_mag.byteOffset,
    G_r: gradients.vectors.r_mag.byteOffset,
  };
}
