import { FacetError } from '@facet/errors';
import type { Activations } from '@facet/model-runtime';
import { bytesOf } from '@facet/tensor';
import type { HookPoint } from '@facet/transformer';
import { MAX_TENSOR_BYTES } from '../limits.ts';

/** Activations of consecutive rows at one hook point. */
export interface ActivationRows {
  hookPoint: string;
  /** Index of the first row among all tokens of the request. */
  firstRow: number;
  rows: number;
  width: number;
  dtype: 'F32' | 'F16';
  /** [rows, width], little-endian. */
  data: Uint8Array;
}

/** Collects rows in order and gives them out in blocks of all hook points, at most 1 MiB each. */
export interface BlockWriter {
  /** Appends `count` rows of every hook point, from row `first` of the result; returns the blocks that became full. */
  append(activations: ReadonlyMap<string, Activations>, first: number, count: number): ActivationRows[];
  /** Returns the rows that have not filled a block. */
  flush(): ActivationRows[];
}

const BYTES = { F32: 4, F16: 2 } as const;

/** Creates a writer for `totalRows` rows at `hookPoints`. */
export function createBlockWriter(
  hookPoints: readonly HookPoint[],
  dtype: 'F32' | 'F16',
  totalRows: number,
): BlockWriter {
  const widest = Math.max(...hookPoints.map(({ width }) => width));
  const blockRows = Math.max(1, Math.floor(MAX_TENSOR_BYTES / (widest * BYTES[dtype])));
  let firstRow = 0;
  let filled = 0;
  let buffers: Uint8Array[] = [];

  const open = () => {
    const rows = Math.min(blockRows, totalRows - firstRow);
    buffers = hookPoints.map(({ width }) => new Uint8Array(rows * width * BYTES[dtype]));
  };
  const close = (): ActivationRows[] => {
    const blocks = hookPoints.map(({ name, width }, index) => {
      const data = buffers[index]!.subarray(0, filled * width * BYTES[dtype]);
      return { hookPoint: name, firstRow, rows: filled, width, dtype, data };
    });
    firstRow += filled;
    filled = 0;
    return blocks;
  };
  const copy = (activations: ReadonlyMap<string, Activations>, from: number, count: number) => {
    hookPoints.forEach(({ name, width }, index) => {
      const rows = activations.get(name)!.data.subarray(from * width, (from + count) * width);
      requireFiniteRows(rows, name, dtype);
      buffers[index]!.set(bytesOf(rows), filled * width * BYTES[dtype]);
    });
    filled += count;
  };
  return {
    append(activations, first, count) {
      const blocks: ActivationRows[] = [];
      for (let done = 0; done < count; ) {
        if (filled === 0) open();
        const part = Math.min(count - done, blockRows - filled);
        copy(activations, first + done, part);
        done += part;
        if (filled === blockRows) blocks.push(...close());
      }
      return blocks;
    },
    flush: () => (filled === 0 ? [] : close()),
  };
}

const F16_EXPONENT = 0x7c00;

function requireFiniteRows(rows: Float32Array | Uint16Array, hookPoint: string, dtype: 'F32' | 'F16'): void {
  if (rows instanceof Float32Array ? allFinite(rows) : allFiniteF16(rows)) return;
  const remedy =
    dtype === 'F16' ? 'ask for F32, or lower the strength of edits' : 'lower the strength of edits';
  throw new FacetError('invalid', `activations at ${hookPoint} are not all finite in ${dtype}; ${remedy}`, {
    field: 'dtype',
    reason: 'ACTIVATIONS_NOT_FINITE',
  });
}

function allFinite(values: Float32Array): boolean {
  // Zero as long as every value is finite: only NaN and the infinities differ from zero when subtracted from themselves.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}

function allFiniteF16(codes: Uint16Array): boolean {
  for (let i = 0; i < codes.length; i++) if ((codes[i]! & F16_EXPONENT) === F16_EXPONENT) return false;
  return true;
}
