import type { ResolvedConfig } from '../config.ts';
import type { CpuGradients } from './cpu-gradients.ts';
import { productBlocks } from './cpu-product.ts';
import type { CpuWorkspace, Entries } from './cpu-workspace.ts';

/**
 * TopK on the CPU. With e = x̂ − x over B rows, g_i = e·W_dec_i for the features i that fired, and r = −e
 * held fixed:
 *
 *     ∂L/∂W_dec_i = 2/B Σ f_i e        ∂L/∂W_enc_i = 2/B Σ g_i (x − b_dec)        ∂L/∂b_enc_i = 2/B Σ g_i
 *     ∂L/∂b_dec = 2/B Σ e − Σ_i ∂L/∂b_enc_i W_enc_i
 *
 * The auxiliary term α Σ‖â − r‖² / Σ‖r − mean r‖² over dead features adds the same sums with e + â in place
 * of e.
 */
export const cpuTopkGradients: CpuGradients = {
  entriesPerRow: ({ recipe }) => ({
    main: recipe.k,
    auxiliary: recipe.auxk_alpha! > 0 ? recipe.k_aux! : 0,
  }),

  async forward(cpu, rows) {
    await select(cpu, rows);
    const { kernels, x, error, main, zeros, width } = cpu;
    kernels.residualBase(error.byteOffset, zeros.byteOffset, x.byteOffset, rows, width);
    const squared_error = addDecoded(cpu, main, error, rows);
    const firings = main.count.subarray(0, rows).reduce((sum, count) => sum + count, 0);
    return { loss: squared_error / rows, squared_error, firings };
  },

  backward(cpu, rows, forward) {
    const { kernels, gradients, weights, width, d_sae, error } = cpu;
    addGradients(cpu, { entries: cpu.main, error, rows, scale: 2 / rows });
    countFirings(cpu);
    kernels.addColumns(gradients.b_dec.byteOffset, error.byteOffset, rows, width, 2 / rows);
    const auxiliary = cpu.dead.length > 0 ? auxiliaryBackward(cpu, rows, forward.squared_error) : 0;
    const from = [weights.W_enc.byteOffset, gradients.b_enc.byteOffset, d_sae, width] as const;
    kernels.addWeightedRows(gradients.b_dec.byteOffset, ...from, -1);
    kernels.removeParallel(gradients.W_dec.byteOffset, weights.W_dec.byteOffset, d_sae, width);
    return { ...forward, loss: forward.loss + auxiliary };
  },

  constrain({ kernels, weights, d_sae, width }) {
    kernels.unitRows(weights.W_dec.byteOffset, d_sae, width);
  },
};

/** Computes pre-activations block by block and selects from each while it is in cache. */
async function select(cpu: CpuWorkspace, rows: number): Promise<void> {
  const { kernels, weights, pre, d_sae, dead, scratch } = cpu;
  for await (const block of productBlocks(cpu, rows)) {
    const from = [pre.byteOffset, weights.b_enc.byteOffset, block.rows, d_sae] as const;
    kernels.selectTopK(...from, cpu.main.stride, ...slots(cpu.main, block.first), scratch.byteOffset);
    if (dead.length === 0) continue;
    const list = [dead.byteOffset, dead.length] as const;
    const stride = cpu.auxiliary.stride;
    kernels.selectListed(...from, stride, ...list, ...slots(cpu.auxiliary, block.first), scratch.byteOffset);
  }
}

/** Where the entries of row `first` begin: index, value, count. */
function slots({ index, value, count, stride }: Entries, first: number): [number, number, number] {
  const at = 4 * first * stride;
  return [index.byteOffset + at, value.byteOffset + at, count.byteOffset + 4 * first];
}

/** Adds the decode of `entries` to `residual`, writes their slopes, and returns the squared norm. */
function addDecoded(cpu: CpuWorkspace, entries: Entries, residual: Float32Array, rows: number): number {
  const { kernels, weights, width } = cpu;
  const { stride, index, value, slope, count } = entries;
  const shape = [rows, width, stride, index.byteOffset] as const;
  const W_dec = weights.W_dec.byteOffset;
  const squares = kernels.decodeRows(
    residual.byteOffset,
    W_dec,
    ...shape,
    value.byteOffset,
    count.byteOffset,
  );
  kernels.projectRows(slope.byteOffset, residual.byteOffset, W_dec, ...shape, count.byteOffset);
  return squares;
}

interface GradientTerm {
  entries: Entries;
  error: Float32Array;
  rows: number;
  scale: number;
}

/** Sorts the entries by feature and adds their part of the gradients of W_dec, W_enc and b_enc. */
function addGradients(cpu: CpuWorkspace, { entries, error, rows, scale }: GradientTerm): void {
  const { kernels, gradients, width, d_sae, x } = cpu;
  const { index, value, slope, count, stride } = entries;
  const sorted = [cpu.entryRow.byteOffset, cpu.entryValue.byteOffset, cpu.entrySlope.byteOffset] as const;
  const starts = cpu.starts.byteOffset;
  const unsorted = [index.byteOffset, value.byteOffset, slope.byteOffset, count.byteOffset] as const;
  kernels.sortByFeature(rows, stride, d_sae, ...unsorted, starts, ...sorted);
  const [entryRow, entryValue, entrySlope] = sorted;
  const shape = [d_sae, width, starts, entryRow] as const;
  kernels.accumulateByFeature(gradients.W_dec.byteOffset, ...shape, entryValue, error.byteOffset, scale);
  kernels.accumulateByFeature(gradients.W_enc.byteOffset, ...shape, entrySlope, x.byteOffset, scale);
  kernels.accumulateBias(gradients.b_enc.byteOffset, d_sae, starts, entrySlope, scale);
}

function countFirings({ starts, firings }: CpuWorkspace): void {
  for (let i = 0; i < firings.length; i++) firings[i] = starts[i + 1] - starts[i];
}

/** Adds the auxiliary term's gradients and returns its loss; nothing where the residual does not vary. */
function auxiliaryBackward(cpu: CpuWorkspace, rows: number, squared_error: number): number {
  const { kernels, config, error, auxiliaryError, sums, width } = cpu;
  sums.fill(0);
  kernels.addColumns(sums.byteOffset, error.byteOffset, rows, width, 1);
  const variance = squared_error - kernels.sumOfSquares(sums.byteOffset, width) / rows;
  if (!(variance > 0)) return 0;
  auxiliaryError.set(error);
  const squares = addDecoded(cpu, cpu.auxiliary, auxiliaryError, rows);
  const weight = auxiliaryWeight(config, variance);
  addGradients(cpu, { entries: cpu.auxiliary, error: auxiliaryError, rows, scale: 2 * weight });
  return weight * squares;
}

function auxiliaryWeight({ recipe }: ResolvedConfig, variance: number): number {
  return recipe.auxk_alpha! / variance;
}
