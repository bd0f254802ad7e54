import type { MatryoshkaRecipeConfig } from '../../recipes/recipe-config.ts';
import { evaluateByThreshold, planBatchSelection, selectFromBatch } from './cpu-batchtopk.ts';
import { addBiases, addDirections, addEncoders, sortEntries } from './cpu-entries.ts';
import type { BatchSums, CpuGradients } from './cpu-gradients.ts';
import { addAuxiliary, addInputBias, auxiliaryRuns, countFirings, subtractRows } from './cpu-selected.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

type Cpu = CpuWorkspace<Required<MatryoshkaRecipeConfig>>;

/**
 * Matryoshka on the CPU. Features fall into groups between prefixes, e_m = x̂_m − x decodes groups 1 to m, and E_g =
 * Σ_{m ≥ g} e_m. For a feature i of group g, with E_g·W_dec_i as slope, the gradients are those of batchtopk with E_g
 * in place of e; ∂L/∂b_dec has E_1 = Σ_m e_m.
 *
 * `errors` hold E_1, E_2, …; the last is the e of all features, which the auxiliary term is about.
 */
export const cpuMatryoshkaGradients: CpuGradients<MatryoshkaRecipeConfig> = {
  plan: ({ recipe }, sizes) => ({
    ...planBatchSelection(recipe, sizes),
    errors: recipe.prefixes.length,
    bounds: recipe.prefixes.length + 1,
  }),
  evaluate: evaluateByThreshold,

  async train(cpu, step) {
    const { config, errors } = cpu;
    const rows = config.batch_rows;
    const scale = 2 / rows;
    await selectFromBatch(cpu, step);
    const { sums, losses } = decodeGroups(cpu, rows);
    addFollowing(cpu);
    projectGroups(cpu, rows);
    sortEntries(cpu, cpu.main, { first: 0, rows });
    groupsOf(cpu).forEach(({ from, to }, g) => {
      addDirections(cpu, { error: errors[g], first: 0, rows, scale, from, to });
    });
    addEncoders(cpu, { first: 0, scale });
    addBiases(cpu, scale);
    countFirings(cpu);
    const whole = { error: errors[errors.length - 1], squared_error: sums.squared_error };
    const auxiliary = auxiliaryRuns(cpu, step.dead) ? await addAuxiliary(cpu, whole) : 0;
    addInputBias(cpu, errors[0]);
    return { ...sums, loss: losses / rows + auxiliary, dense_rows: 0 };
  },
};

interface Group {
  /** Features [from, to). */
  from: number;
  to: number;
}

/** The groups of features; the last includes those that are padding. */
function groupsOf({ config, d_sae }: Cpu): Group[] {
  const { prefixes } = config.recipe;
  return prefixes.map((to, g) => ({
    from: prefixes[g - 1] ?? 0,
    to: g === prefixes.length - 1 ? d_sae : to,
  }));
}

/** Decodes group after group: e_m into `errors`, each from the one before. */
function decodeGroups(cpu: Cpu, rows: number): { sums: BatchSums; losses: number } {
  const { kernels, weights, main, errors, bounds, width } = cpu;
  cutAtPrefixes(cpu, rows);
  let squared_error = 0;
  let losses = 0;
  for (const [g, error] of errors.entries()) {
    if (g === 0) subtractRows(cpu, error, rows);
    else error.set(errors[g - 1]);
    const shape = [error.byteOffset, weights.W_dec.byteOffset, rows, width] as const;
    const cut = [bounds[g].byteOffset, bounds[g + 1].byteOffset] as const;
    squared_error = kernels.decodeRows(...shape, ...cut, main.index.byteOffset, main.value.byteOffset);
    losses += squared_error;
  }
  return { sums: { squared_error, firings: main.offsets[rows] }, losses };
}

/** Writes where in every row's entries each group begins, and where the last ends. */
function cutAtPrefixes({ main, bounds, config }: Cpu, rows: number): void {
  const { prefixes } = config.recipe;
  bounds[0].set(main.begin);
  bounds[prefixes.length].set(main.end);
  for (let r = 0; r < rows; r++) {
    let e = main.begin[r];
    for (let g = 1; g < prefixes.length; g++) {
      while (e < main.end[r] && main.index[e] < prefixes[g - 1]) e++;
      bounds[g][r] = e;
    }
  }
}

/** Turns every e_m into E_m = e_m + E_{m+1}. */
function addFollowing({ kernels, errors }: Cpu): void {
  for (let g = errors.length - 2; g >= 0; g--) {
    kernels.addValues(errors[g].byteOffset, errors[g + 1].byteOffset, errors[g].length);
  }
}

function projectGroups({ kernels, weights, main, errors, bounds, width }: Cpu, rows: number): void {
  for (const [g, error] of errors.entries()) {
    const from = [error.byteOffset, weights.W_dec.byteOffset, rows, width] as const;
    const cut = [bounds[g].byteOffset, bounds[g + 1].byteOffset] as const;
    kernels.projectRows(main.slope.byteOffset, ...from, ...cut, main.index.byteOffset);
  }
}
