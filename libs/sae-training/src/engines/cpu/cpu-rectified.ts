import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { addDirections, addEncoders, type RowRange, sortEntries } from './cpu-entries.ts';
import type { BatchLoss, BatchStep, BatchSums, CpuGradients } from './cpu-gradients.ts';
import type { CpuPlan, PlanSizes } from './cpu-plan.ts';
import { productBlocks } from './cpu-product.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

/** Entries [from, to) of `main`, those of some rows. */
export interface EntryBlock extends RowRange {
  from: number;
  to: number;
}

/** What is summed over the blocks of a batch. */
export interface RectifiedSums extends BatchSums {
  /** gated: Σ‖x − x̂'‖² of what the gate alone decodes. */
  gate_error: number;
}

/** Sums of nothing. */
export const NO_SUMS: RectifiedSums = { squared_error: 0, gate_error: 0, firings: 0 };

/**
 * What a recipe does of its own whose features fire by themselves, above a threshold (the ReLU family). Activations
 * of a block are either selected one by one or computed for all features; both ways add the same numbers.
 */
export interface RectifiedLoss<Config extends RecipeConfig> {
  gate: boolean;
  /** Writes what pre-activations must exceed into `floor`, and whatever else holds for the batch. */
  prepare(cpu: CpuWorkspace<Required<Config>>, how: { step: number; training: boolean }): void;
  /** Decodes selected entries, whose values are pre-activations; projects errors back. */
  decodeSparse(cpu: CpuWorkspace<Required<Config>>, block: EntryBlock): RectifiedSums;
  /** Turns projections into slopes and gathers the gradients of vectors [d_sae]. */
  gatherSparse(cpu: CpuWorkspace<Required<Config>>, block: EntryBlock): void;
  /** Decodes the block's products in `pre` dense. */
  decodeDense(cpu: CpuWorkspace<Required<Config>>, block: RowRange): Promise<RectifiedSums>;
  /** Leaves in `dense.slopes` how the loss moves with pre-activations, and gathers the gradients of vectors. */
  gatherDense(cpu: CpuWorkspace<Required<Config>>, block: RowRange): Promise<void>;
  /** Completes the gradients of the batch and returns its loss. */
  finish(cpu: CpuWorkspace<Required<Config>>, sums: RectifiedSums, step: BatchStep): number;
}

/**
 * Share of a block's features above which decoding it dense is faster: a dense product does about ten times the
 * multiplications of sparse kernels in the same time, on two cores and on one. Part of what a run computes, for the
 * two ways round differently: so it is a constant, not a measurement of the moment.
 */
export const DENSE_ABOVE = 1 / 12;

/** Entries per row for which there is room before they must be added to the gradients. */
const ENTRIES_PER_ROW = 96;

/**
 * Trains a recipe of the ReLU family, block by block: each is selected sparse, and where more than DENSE_ABOVE of it
 * fires, it is decoded dense instead.
 */
export function rectifiedGradients<Config extends RecipeConfig>(
  loss: RectifiedLoss<Config>,
): CpuGradients<Config> {
  return {
    plan: (_, sizes) => planRectified(sizes, loss.gate),
    evaluate: (cpu, rows) => evaluateRectified(cpu, loss, rows),
    train: (cpu, step) => trainRectified(cpu, loss, step),
  };
}

function planRectified({ d_sae, batch, blockRows }: PlanSizes, gate: boolean): CpuPlan {
  const fromBlock = blockLimit(d_sae, blockRows);
  const entries = Math.max(
    fromBlock,
    Math.min(batch * ENTRIES_PER_ROW, Math.ceil(batch * d_sae * DENSE_ABOVE)),
  );
  // A row is selected whole before entries are counted.
  return {
    candidates: entries + d_sae,
    entries: entries + d_sae,
    stride: 0,
    auxiliary: 0,
    errors: gate ? 2 : 1,
    bounds: 0,
    dense: true,
    gate,
  };
}

const blockLimit = (d_sae: number, rows: number) => Math.max(1, Math.floor(d_sae * rows * DENSE_ABOVE));

async function trainRectified<Config extends RecipeConfig>(
  cpu: CpuWorkspace<Required<Config>>,
  loss: RectifiedLoss<Config>,
  step: BatchStep,
): Promise<BatchLoss> {
  const rows = cpu.config.batch_rows;
  loss.prepare(cpu, { step: step.step, training: true });
  let sums = NO_SUMS;
  let dense_rows = 0;
  const pending = { first: 0, entries: 0 };
  for await (const block of productBlocks(cpu, rows)) {
    if (pending.entries + blockLimit(cpu.d_sae, block.rows) > roomOf(cpu)) flush(cpu, pending, block.first);
    const to = selectSparse(cpu, block, pending.entries);
    if (to === undefined) {
      // A dense block's rows have no entries: those before it are added first.
      flush(cpu, pending, block.first);
      sums = addSums(sums, await loss.decodeDense(cpu, block));
      await loss.gatherDense(cpu, block);
      await addDenseEncoders(cpu, block);
      pending.first = block.first + block.rows;
      dense_rows += block.rows;
      continue;
    }
    const entries = { ...block, from: pending.entries, to };
    sums = addSums(sums, loss.decodeSparse(cpu, entries));
    loss.gatherSparse(cpu, entries);
    pending.entries = to;
  }
  flush(cpu, pending, rows);
  return { ...sums, dense_rows, loss: loss.finish(cpu, sums, step) };
}

async function evaluateRectified<Config extends RecipeConfig>(
  cpu: CpuWorkspace<Required<Config>>,
  loss: RectifiedLoss<Config>,
  rows: number,
): Promise<BatchSums> {
  loss.prepare(cpu, { step: 0, training: false });
  let sums = NO_SUMS;
  for await (const block of productBlocks(cpu, rows)) {
    const to = selectSparse(cpu, block, 0);
    const given =
      to === undefined
        ? await loss.decodeDense(cpu, block)
        : loss.decodeSparse(cpu, { ...block, from: 0, to });
    sums = addSums(sums, given);
  }
  return sums;
}

/** Selects what is above `floor`, after the first `from` entries; undefined where the block is not sparse. */
function selectSparse(cpu: CpuWorkspace, { first, rows }: RowRange, from: number): number | undefined {
  const { kernels, weights, pre, floor, d_sae, main } = cpu;
  main.offsets[first] = from;
  const to = kernels.selectAbove(
    pre.byteOffset,
    weights.b_enc.byteOffset,
    floor.byteOffset,
    rows,
    d_sae,
    main.index.byteOffset,
    main.value.byteOffset,
    main.offsets.byteOffset + 4 * first,
    from + blockLimit(d_sae, rows),
  );
  return to < 0 ? undefined : to;
}

const roomOf = ({ main, d_sae }: CpuWorkspace) => main.slope.length - d_sae;

/** Adds the entries of rows [pending.first, to) to the gradients of W_dec and W_enc, and begins anew there. */
function flush(cpu: CpuWorkspace, pending: { first: number; entries: number }, to: number): void {
  const { first, entries } = pending;
  Object.assign(pending, { first: to, entries: 0 });
  if (entries === 0) return;
  const scale = 2 / cpu.config.batch_rows;
  const range = { first, rows: to - first };
  sortEntries(cpu, cpu.main, range);
  addDirections(cpu, { ...range, error: cpu.errors[0], scale, from: 0, to: cpu.d_sae });
  addEncoders(cpu, { first, scale });
}

async function addDenseEncoders(cpu: CpuWorkspace, { first, rows }: RowRange): Promise<void> {
  const { dense, gradients, x, width } = cpu;
  const B = x.subarray(first * width);
  await dense!.gradient.run({ A: dense!.slopes, B, C: gradients.W_enc, rows });
}

function addSums(a: RectifiedSums, b: RectifiedSums): RectifiedSums {
  return {
    squared_error: a.squared_error + b.squared_error,
    gate_error: a.gate_error + b.gate_error,
    firings: a.firings + b.firings,
  };
}

/** Writes where an error begins before anything is decoded into it: b_dec − x, x as it was before centring. */
export function beginError(
  cpu: CpuWorkspace,
  error: Float32Array,
  { first, rows, centred }: RowRange & { centred: boolean },
): void {
  const { kernels, weights, zeros, x, width } = cpu;
  const at = 4 * first * width;
  const from = centred ? zeros : weights.b_dec;
  kernels.residualBase(error.byteOffset + at, from.byteOffset, x.byteOffset + at, rows, width);
}

/** Adds the gradient of W_dec of a dense block: 2/B·actsᵀ·error. */
export async function addDenseDirections(cpu: CpuWorkspace, { first, rows }: RowRange): Promise<void> {
  const { dense, gradients, errors, width } = cpu;
  const B = errors[0].subarray(first * width);
  await dense!.gradient.run({ A: dense!.acts, B, C: gradients.W_dec, rows });
}

/** Σ weight_i·value_i. */
export function weigh(values: Float32Array, weight: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * weight[i];
  return sum;
}

/** How many of the first `length` values are above 0. */
export function countPositive(values: Float32Array, length: number): number {
  let count = 0;
  for (let at = 0; at < length; at++) if (values[at] > 0) count++;
  return count;
}
