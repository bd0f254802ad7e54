import type { BlockSelection } from '@facet/kernels';
import type { TopkRecipeConfig } from '../../recipes/recipe-config.ts';
import { addGradients } from './cpu-entries.ts';
import type { CpuGradients } from './cpu-gradients.ts';
import { blocksOf } from './cpu-product.ts';
import { addAuxiliary, addInputBias, auxiliaryRuns, countFirings, decodeSelected } from './cpu-selected.ts';
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
export const cpuTopkGradients: CpuGradients<TopkRecipeConfig> = {
  threaded: true,

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
    const sums = await decodeSelected(cpu, rows);
    await addGradients(cpu, { entries: cpu.main, error, first: 0, rows, scale });
    countFirings(cpu);
    const auxiliary = auxiliaryRuns(cpu, dead) ? await addAuxiliary(cpu, { ...sums, error }) : 0;
    addInputBias(cpu, error);
    return { ...sums, loss: sums.squared_error / rows + auxiliary, dense_rows: 0 };
  },
};

const NO_FEATURES = new Uint32Array(0);

/** Encodes the first `rows` rows block by block and selects from each while it is in cache. */
async function select({ threads, ...cpu }: CpuWorkspace, rows: number, dead: Uint32Array): Promise<void> {
  const { weights, x, width, main, auxiliary, blockRows } = cpu;
  cpu.dead.set(dead);
  const listed = { list: cpu.dead.byteOffset, count: dead.length };
  const tasks = blocksOf(rows, blockRows).map(({ first, rows }) => {
    const selections = [selectionOf(main, first)];
    if (auxiliary.stride > 0 && dead.length > 0)
      selections.push({ ...selectionOf(auxiliary, first), listed });
    return { x: x.byteOffset + 4 * first * width, rows, selections };
  });
  const encoder = { W: weights.W_enc.byteOffset, bias: weights.b_enc.byteOffset };
  await threads.encode(encoder, tasks);
}

/** Where the entries of the rows from `first` go, each with places of its own. */
function selectionOf({ index, value, end, stride: k }: Entries, first: number): BlockSelection {
  const begin = first * k;
  const at = 4 * begin;
  return {
    k,
    index: index.byteOffset + at,
    value: value.byteOffset + at,
    end: end.byteOffset + 4 * first,
    begin,
  };
}
