import type { TopkRecipeConfig } from '../recipes/topk.ts';
import { addBiases, addGradients } from './cpu-entries.ts';
import type { CpuGradients } from './cpu-gradients.ts';
import { productBlocks } from './cpu-product.ts';
import {
  addAuxiliary,
  addInputBias,
  auxiliaryRuns,
  countFirings,
  decodeSelected,
  endsFromCounts,
  placesOf,
  selectDead,
} from './cpu-selected.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

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
export const cpuTopkGradients: CpuGradients<TopkRecipeConfig> = {
  plan: ({ recipe: { k, k_aux, auxk_alpha } }, { batch }) => ({
    candidates: batch * k,
    entries: batch * k,
    stride: k,
    auxiliary: auxk_alpha > 0 ? k_aux : 0,
    errors: 1,
    bounds: 0,
    dense: false,
    gate: false,
  }),

  async evaluate(cpu, rows) {
    await select(cpu, rows, NO_FEATURES);
    return decodeSelected(cpu, rows);
  },

  async train(cpu, { dead }) {
    const rows = cpu.config.batch_rows;
    const scale = 2 / rows;
    const error = cpu.errors[0];
    await select(cpu, rows, dead);
    const sums = decodeSelected(cpu, rows);
    addGradients(cpu, { entries: cpu.main, error, first: 0, rows, scale });
    addBiases(cpu, scale);
    countFirings(cpu);
    const auxiliary = auxiliaryRuns(cpu, dead) ? addAuxiliary(cpu, { ...sums, error }) : 0;
    addInputBias(cpu, error);
    return { ...sums, loss: sums.squared_error / rows + auxiliary, dense_rows: 0 };
  },
};

const NO_FEATURES = new Uint32Array(0);

/** Computes pre-activations block by block and selects from each while it is in cache. */
async function select(cpu: CpuWorkspace, rows: number, dead: Uint32Array): Promise<void> {
  const { kernels, weights, pre, d_sae, main, scratch } = cpu;
  for await (const block of productBlocks(cpu, rows)) {
    const from = [pre.byteOffset, weights.b_enc.byteOffset, block.rows, d_sae, main.stride] as const;
    kernels.selectTopK(...from, ...placesOf(main, block.first), scratch.byteOffset);
    endsFromCounts(main, block);
    if (auxiliaryRuns(cpu, dead)) selectDead(cpu, block, dead);
  }
}
