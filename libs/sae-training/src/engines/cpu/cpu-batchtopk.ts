import type { BatchtopkRecipeConfig, SelectionConfig } from '../../recipes/recipe-config.ts';
import { addGradients } from './cpu-entries.ts';
import type { BatchStep, BatchSums, CpuGradients } from './cpu-gradients.ts';
import type { CpuPlan, PlanSizes } from './cpu-plan.ts';
import { productBlocks } from './cpu-product.ts';
import {
  addAuxiliary,
  addInputBias,
  auxiliaryRuns,
  countFirings,
  decodeSelected,
  selectDead,
} from './cpu-selected.ts';
import { type CpuWorkspace, THRESHOLD } from './cpu-workspace.ts';

/** What recipes have in common that select from a whole batch. */
export type BatchSelection = Required<SelectionConfig> & { threshold_rate: number };

/**
 * BatchTopK on the CPU: the gradients of topk, for the B·k largest pre-activations of the batch. The threshold
 * follows the smallest of them; evaluation encodes by it, as the published SAE does.
 */
export const cpuBatchtopkGradients: CpuGradients<BatchtopkRecipeConfig> = {
  plan: ({ recipe }, sizes) => planBatchSelection(recipe, sizes),
  evaluate: evaluateByThreshold,

  async train(cpu, step) {
    const rows = cpu.config.batch_rows;
    const scale = 2 / rows;
    const error = cpu.errors[0];
    await selectFromBatch(cpu, step);
    const sums = await decodeSelected(cpu, rows);
    await addGradients(cpu, { entries: cpu.main, error, first: 0, rows, scale });
    countFirings(cpu);
    const auxiliary = auxiliaryRuns(cpu, step.dead) ? await addAuxiliary(cpu, { ...sums, error }) : 0;
    addInputBias(cpu, error);
    return { ...sums, loss: sums.squared_error / rows + auxiliary, dense_rows: 0 };
  },
};

/** Plans for B·k entries kept, as many again that may still be dropped, and those of one block. */
export function planBatchSelection(
  { k, k_aux, auxk_alpha }: BatchSelection,
  { d_sae, batch, blockRows }: PlanSizes,
): CpuPlan {
  return {
    candidates: 2 * batch * k + (blockRows + 1) * d_sae,
    entries: batch * k,
    stride: 0,
    auxiliary: auxk_alpha > 0 ? k_aux : 0,
    errors: 1,
    bounds: 0,
    dense: false,
    gate: false,
  };
}

/**
 * Selects the B·k largest pre-activations of the batch that are > 0, exactly, ties in favour of the lowest row and
 * feature. Candidates are dropped as soon as B·k larger ones are known, and their bound rises from block to block.
 */
export async function selectFromBatch(
  cpu: CpuWorkspace<BatchSelection>,
  { step, dead }: BatchStep,
): Promise<void> {
  const { main, floor, config } = cpu;
  const rows = config.batch_rows;
  const keep = rows * config.recipe.k;
  floor.fill(0);
  main.offsets[0] = 0;
  for await (const block of productBlocks(cpu, rows)) {
    const found = selectAboveFloor(cpu, block);
    if (auxiliaryRuns(cpu, dead)) selectDead(cpu, block, dead);
    if (found > 2 * keep) floor.fill(keepLargest(cpu, block.first + block.rows, keep));
  }
  follow(cpu, keepLargest(cpu, rows, keep), step);
}

/** Encodes by the moving threshold, and decodes block by block. */
export async function evaluateByThreshold(
  cpu: CpuWorkspace<BatchSelection>,
  rows: number,
): Promise<BatchSums> {
  const { main, floor, scalars, errors } = cpu;
  // Stored as f32 in the published SAE.
  floor.fill(Math.max(0, Math.fround(scalars[THRESHOLD])));
  const sums = { squared_error: 0, firings: 0 };
  for await (const block of productBlocks(cpu, rows)) {
    main.offsets[block.first] = 0;
    sums.firings += selectAboveFloor(cpu, block);
    sums.squared_error += decodeBlock(cpu, block, errors[0]);
  }
  return sums;
}

function decodeBlock(
  cpu: CpuWorkspace,
  { first, rows }: { first: number; rows: number },
  error: Float32Array,
): number {
  const { kernels, weights, main, zeros, x, width } = cpu;
  const at = 4 * first * width;
  kernels.residualBase(error.byteOffset + at, zeros.byteOffset, x.byteOffset + at, rows, width);
  const bounds = [main.begin.byteOffset + 4 * first, main.end.byteOffset + 4 * first] as const;
  const to = [error.byteOffset + at, weights.W_dec.byteOffset, rows, width] as const;
  return kernels.decodeRows(...to, ...bounds, main.index.byteOffset, main.value.byteOffset);
}

/** Appends the block's entries above `floor`; returns how many entries there are then. */
function selectAboveFloor(cpu: CpuWorkspace, { first, rows }: { first: number; rows: number }): number {
  const { kernels, weights, pre, floor, d_sae, main } = cpu;
  return kernels.selectAbove(
    pre.byteOffset,
    weights.b_enc.byteOffset,
    floor.byteOffset,
    rows,
    d_sae,
    main.index.byteOffset,
    main.value.byteOffset,
    main.offsets.byteOffset + 4 * first,
    main.index.length - d_sae,
  );
}

function keepLargest({ kernels, main }: CpuWorkspace, rows: number, keep: number): number {
  const { offsets, index, value } = main;
  return kernels.keepLargestEntries(rows, offsets.byteOffset, index.byteOffset, value.byteOffset, keep);
}

/** Moves the threshold towards the smallest activation selected; it begins there. */
function follow({ config, scalars }: CpuWorkspace<BatchSelection>, smallest: number, step: number): void {
  const rate = step === 0 ? 1 : config.recipe.threshold_rate;
  scalars[THRESHOLD] += rate * (smallest - scalars[THRESHOLD]);
}
