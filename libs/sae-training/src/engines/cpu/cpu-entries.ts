import type { KernelExports, KernelMemory } from '@facet/kernels';
import { forFeatures } from './cpu-tasks.ts';
import type { CpuWorkspace, Entries } from './cpu-workspace.ts';

export interface EntryRoom {
  candidates: number;
  stride: number;
  entries: number;
  gate: boolean;
}

/** Array lengths in words, in the order in which `entryArrays` takes them. */
export function entryLengths(batch: number, { candidates, entries, stride, gate }: EntryRoom): number[] {
  const second = gate ? entries : 0;
  return [batch + 1, stride > 0 ? batch : 0, candidates, candidates, entries, second, second];
}

/** Takes the memory of entries; where every row has its own places, where they begin is fixed. */
export function entryArrays(memory: KernelMemory, batch: number, room: EntryRoom): Entries {
  const { stride } = room;
  const [bounds, ends, candidates, , entries, gate] = entryLengths(batch, room);
  const offsets = memory.u32(bounds);
  const end = memory.u32(ends);
  if (stride > 0) for (let r = 0; r <= batch; r++) offsets[r] = r * stride;
  return {
    stride,
    offsets,
    begin: offsets.subarray(0, batch),
    end: stride > 0 ? end : offsets.subarray(1),
    index: memory.u32(candidates),
    value: memory.f32(candidates),
    slope: memory.f32(entries),
    gate: memory.f32(gate),
    gateSlope: memory.f32(gate),
  };
}

/** Rows [first, first + rows) of the batch. */
export interface RowRange {
  first: number;
  rows: number;
}

/** What of some rows is decoded into what. */
export interface Decoding extends RowRange {
  entries: Entries;
  /** Which activations: the entries' own, or the gate's. @default 'value' */
  activation?: 'value' | 'gate';
  /** [batch, width], added to. */
  residual: Float32Array;
}

/** Adds the decode of the rows' entries to `residual`, writes their slopes, and returns the squared norm. */
export function addDecoded(cpu: CpuWorkspace, decoding: Decoding): number {
  const [, ...args] = reconstruction(cpu, decoding);
  return cpu.kernels.reconstructRows(...args);
}

/** The call that does what `addDecoded` does. */
export function reconstruction(
  { weights, width }: CpuWorkspace,
  decoding: Decoding,
): ['reconstructRows', ...Parameters<KernelExports['reconstructRows']>] {
  const { entries, residual, first, rows, activation = 'value' } = decoding;
  const values = activation === 'gate' ? entries.gate : entries.value;
  const slopes = activation === 'gate' ? entries.gateSlope : entries.slope;
  const at = residual.byteOffset + 4 * first * width;
  const bounds = [entries.begin.byteOffset + 4 * first, entries.end.byteOffset + 4 * first] as const;
  const W_dec = weights.W_dec.byteOffset;
  const index = entries.index.byteOffset;
  const from = [...bounds, index, values.byteOffset] as const;
  return ['reconstructRows', at, W_dec, rows, width, ...from, slopes.byteOffset];
}

/** Which rows' entries add to gradients, by what error. */
export interface GradientTerm extends RowRange {
  entries: Entries;
  error: Float32Array;
  scale: number;
}

/** Sorts the rows' entries by feature and adds their part of the gradients of W_dec, W_enc and b_enc. */
export async function addGradients(cpu: CpuWorkspace, term: GradientTerm): Promise<void> {
  const { entries, first: firstRow, rows, error, scale } = term;
  const { gradients, x, starts, entryRow, entryValue, entrySlope, width } = cpu;
  sortEntries(cpu, entries, { first: firstRow, rows });
  const row = 4 * firstRow * width;
  await forFeatures(cpu, ({ first, count }) => {
    const at = 4 * first * width;
    const begin = starts.byteOffset + 4 * first;
    const sorted = [count, width, begin, entryRow.byteOffset] as const;
    const directions = [entryValue.byteOffset, error.byteOffset + row, scale] as const;
    const encoders = [entrySlope.byteOffset, x.byteOffset + row, scale] as const;
    const bias = gradients.b_enc.byteOffset + 4 * first;
    return [
      ['accumulateByFeature', gradients.W_dec.byteOffset + at, ...sorted, ...directions],
      ['accumulateByFeature', gradients.W_enc.byteOffset + at, ...sorted, ...encoders],
      ['accumulateBias', bias, count, begin, entrySlope.byteOffset, scale],
    ];
  });
}

/** Sorts the rows' entries by feature; rows are counted from `first`. */
export function sortEntries(cpu: CpuWorkspace, entries: Entries, { first, rows }: RowRange): void {
  const { kernels, d_sae, starts, entryRow, entryValue, entrySlope } = cpu;
  const bounds = [entries.begin.byteOffset + 4 * first, entries.end.byteOffset + 4 * first] as const;
  const unsorted = [entries.index.byteOffset, entries.value.byteOffset, entries.slope.byteOffset] as const;
  const sorted = [starts, entryRow, entryValue, entrySlope].map(({ byteOffset }) => byteOffset);
  const [starting, row, value, slope] = sorted;
  kernels.sortByFeature(rows, d_sae, ...bounds, ...unsorted, starting, row, value, slope);
}

/** Adds scale·Σ f·error over the sorted entries to the directions of features [from, to). */
export function addDirections(
  cpu: CpuWorkspace,
  { error, first, scale, from, to }: Omit<GradientTerm, 'entries'> & { from: number; to: number },
): void {
  const { kernels, gradients, width, starts, entryRow, entryValue } = cpu;
  kernels.accumulateByFeature(
    gradients.W_dec.byteOffset + 4 * from * width,
    to - from,
    width,
    starts.byteOffset + 4 * from,
    entryRow.byteOffset,
    entryValue.byteOffset,
    error.byteOffset + 4 * first * width,
    scale,
  );
}

/** Adds scale·Σ slope·x over the sorted entries to the encoder rows. */
export function addEncoders(cpu: CpuWorkspace, { first, scale }: { first: number; scale: number }): void {
  const { kernels, gradients, width, d_sae, x, starts, entryRow, entrySlope } = cpu;
  const sorted = [starts.byteOffset, entryRow.byteOffset, entrySlope.byteOffset] as const;
  const rows = x.byteOffset + 4 * first * width;
  kernels.accumulateByFeature(gradients.W_enc.byteOffset, d_sae, width, ...sorted, rows, scale);
}

/** Adds scale·Σ slope over the sorted entries to the encoder biases. */
export function addBiases(cpu: CpuWorkspace, scale: number): void {
  const { kernels, gradients, d_sae, starts, entrySlope } = cpu;
  kernels.accumulateBias(gradients.b_enc.byteOffset, d_sae, starts.byteOffset, entrySlope.byteOffset, scale);
}
