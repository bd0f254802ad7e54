import type { SelectionConfig } from '../../recipes/recipe-config.ts';
import { addGradients, reconstruction } from './cpu-entries.ts';
import type { BatchSums } from './cpu-gradients.ts';
import type { ProductBlock } from './cpu-product.ts';
import { forRows } from './cpu-tasks.ts';
import type { CpuWorkspace, Entries } from './cpu-workspace.ts';

/** Whether the auxiliary term has anything to fit in this step. */
export function auxiliaryRuns(cpu: CpuWorkspace, dead: Uint32Array): boolean {
  return cpu.auxiliary.stride > 0 && dead.length > 0;
}

/** Selects of every row of a block the strongest dead features for the auxiliary term. */
export function selectDead(cpu: CpuWorkspace, block: ProductBlock, dead: Uint32Array): void {
  const { kernels, weights, pre, d_sae, scratch, auxiliary } = cpu;
  cpu.dead.set(dead);
  const from = [pre.byteOffset, weights.b_enc.byteOffset, block.rows, d_sae, auxiliary.stride] as const;
  const list = [cpu.dead.byteOffset, dead.length] as const;
  kernels.selectListed(...from, ...list, ...placesOf(auxiliary, block.first), scratch.byteOffset);
  endsFromCounts(auxiliary, block);
}

/** Where the entries of row `first` go that has places of its own: index, value, count. */
export function placesOf({ index, value, end, stride }: Entries, first: number): [number, number, number] {
  const at = 4 * first * stride;
  return [index.byteOffset + at, value.byteOffset + at, end.byteOffset + 4 * first];
}

/** Turns the counts that selection per row writes into where the entries end. */
export function endsFromCounts({ begin, end }: Entries, { first, rows }: ProductBlock): void {
  for (let r = first; r < first + rows; r++) end[r] += begin[r];
}

/** Decodes the selected entries of the first `rows` rows into `errors[0]` and projects it back. */
export async function decodeSelected(cpu: CpuWorkspace, rows: number): Promise<BatchSums> {
  const { main, errors, x, zeros, width } = cpu;
  const squared_error = await forRows(cpu, { first: 0, rows }, (run) => {
    const at = 4 * run.first * width;
    const row = errors[0].byteOffset + at;
    return [
      ['residualBase', row, zeros.byteOffset, x.byteOffset + at, run.count, width],
      reconstruction(cpu, { entries: main, residual: errors[0], first: run.first, rows: run.count }),
    ];
  });
  let firings = 0;
  for (let r = 0; r < rows; r++) firings += main.end[r] - main.begin[r];
  return { squared_error, firings };
}

/** Writes −x, as the encoder sees it: where x̂ − x begins, for b_dec has been subtracted from x. */
export function subtractRows(
  { kernels, x, zeros, width }: CpuWorkspace,
  error: Float32Array,
  rows: number,
): void {
  kernels.residualBase(error.byteOffset, zeros.byteOffset, x.byteOffset, rows, width);
}

/** Counts the rows in which every feature fired, of the entries that were last sorted. */
export function countFirings({ starts, firings }: CpuWorkspace): void {
  for (let i = 0; i < firings.length; i++) firings[i] = starts[i + 1] - starts[i];
}

/**
 * Adds the gradients of the auxiliary term α Σ‖â − r‖² / Σ‖r − mean r‖², r = x − x̂ held fixed, and returns it;
 * nothing where the residual does not vary.
 */
export async function addAuxiliary(
  cpu: CpuWorkspace<Required<SelectionConfig>>,
  { error, squared_error }: { error: Float32Array; squared_error: number },
): Promise<number> {
  const { kernels, config, auxiliary, auxiliaryError, sums, width } = cpu;
  const rows = config.batch_rows;
  sums.fill(0);
  kernels.addColumns(sums.byteOffset, error.byteOffset, rows, width, 1);
  const variance = squared_error - kernels.sumOfSquares(sums.byteOffset, width) / rows;
  if (!(variance > 0)) return 0;
  auxiliaryError.set(error);
  const squares = await forRows(cpu, { first: 0, rows }, ({ first, count }) => [
    reconstruction(cpu, { entries: auxiliary, residual: auxiliaryError, first, rows: count }),
  ]);
  const weight = config.recipe.auxk_alpha / variance;
  const scale = 2 * weight;
  await addGradients(cpu, { entries: auxiliary, error: auxiliaryError, first: 0, rows, scale });
  return weight * squares;
}

/** Completes b_dec's gradient: scale·Σ error, less what reaches it through the encoder. */
export function addInputBias(cpu: CpuWorkspace, error: Float32Array): void {
  const { kernels, gradients, weights, d_sae, width, config } = cpu;
  const rows = config.batch_rows;
  const to = gradients.b_dec.byteOffset;
  kernels.addColumns(to, error.byteOffset, rows, width, 2 / rows);
  kernels.addWeightedRows(to, weights.W_enc.byteOffset, gradients.b_enc.byteOffset, d_sae, width, -1);
}
