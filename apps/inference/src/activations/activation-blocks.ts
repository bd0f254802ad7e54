import { FacetError } from '@facet/errors';
import type { Activations } from '@facet/model-runtime';
import { bytesOf, dtypeBytes, type FloatDType } from '@facet/tensor';
import { MAX_TENSOR_BYTES } from '../limits.ts';
import type { ReadRows } from './read-points.ts';

/** Activations of consecutive rows at one hook point. */
export interface ActivationRows {
  hookPoint: string;
  /** Index of the first row among all tokens of the request. */
  firstRow: number;
  rows: number;
  /** Extents of one row. */
  shape: readonly number[];
  dtype: FloatDType;
  /** [rows, …shape], little-endian. */
  data: Uint8Array;
}

/** Collects rows in order and gives them out in blocks of all hook points, at most 1 MiB each. */
export interface BlockWriter {
  /** Appends `count` rows of every hook point, from row `first` of the result; returns the blocks that became full. */
  append(activations: ReadonlyMap<string, Activations>, first: number, count: number): ActivationRows[];
  /** Returns the rows that have not filled a block. */
  flush(): ActivationRows[];
}

/** Creates a writer for `totalRows` rows at `hookPoints`. */
export function createBlockWriter(
  hookPoints: readonly ReadRows[],
  dtype: FloatDType,
  totalRows: number,
): BlockWriter {
  const widest = Math.max(...hookPoints.map(({ width }) => width));
  const blockRows = Math.max(1, Math.floor(MAX_TENSOR_BYTES / (widest * dtypeBytes(dtype))));
  let firstRow = 0;
  let filled = 0;
  let buffers: Uint8Array[] = [];

  const open = () => {
    const rows = Math.min(blockRows, totalRows - firstRow);
    buffers = hookPoints.map(({ width }) => new Uint8Array(rows * width * dtypeBytes(dtype)));
  };
  const close = (): ActivationRows[] => {
    const blocks = hookPoints.map(({ name, width, shape }, index) => {
      const data = buffers[index]!.subarray(0, filled * width * dtypeBytes(dtype));
      return { hookPoint: name, firstRow, rows: filled, shape, dtype, data };
    });
    firstRow += filled;
    filled = 0;
    return blocks;
  };
  const copy = (activations: ReadonlyMap<string, Activations>, from: number, count: number) => {
    hookPoints.forEach((hookPoint, index) => {
      const { name, width } = hookPoint;
      const rows = rowsOf(activations.get(name)!, { from, count }, hookPoint);
      requireFiniteRows(rows, { hookPoint, firstRow: firstRow + filled }, dtype);
      buffers[index]!.set(bytesOf(rows), filled * width * dtypeBytes(dtype));
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

/**
 * Rows [from, from + count) of a batch. Patterns [n_heads, T] of a batch whose longest context has T positions are filled up with zeros to the
 * positions of the request's longest one.
 */
function rowsOf(
  { data, width }: Activations,
  { from, count }: { from: number; count: number },
  { width: wanted, shape }: ReadRows,
): Float32Array | Uint16Array {
  const own = data.subarray(from * width, (from + count) * width);
  const [heads = 1, positions = 0] = shape;
  if (width === wanted) return own;
  const filled =
    data instanceof Float32Array ? new Float32Array(count * wanted) : new Uint16Array(count * wanted);
  const T = width / heads;
  for (let row = 0; row < count * heads; row++)
    filled.set(own.subarray(row * T, (row + 1) * T) as Float32Array, row * positions);
  return filled;
}

/** Bits of the exponent: all of them set is infinity or NaN. */
const EXPONENT = { F16: 0x7c00, BF16: 0x7f80 } as const;

interface RowsPlace {
  hookPoint: ReadRows;
  /** Index of the first row among all tokens of the request. */
  firstRow: number;
}

/** Refuses NaN and infinity with the token at which the first stands. */
function requireFiniteRows(
  rows: Float32Array | Uint16Array,
  { hookPoint, firstRow }: RowsPlace,
  dtype: FloatDType,
): void {
  const first = firstNotFinite(rows, dtype);
  if (first < 0) return;
  const token = firstRow + Math.floor(first / hookPoint.width);
  const remedy =
    dtype === 'F16'
      ? 'ask for BF16 or F32, which hold larger values, or lower the strength of edits'
      : 'lower the strength of edits';
  const message = `activations at ${hookPoint.name} are not finite in ${dtype} at token ${token} of the request; ${remedy}`;
  throw new FacetError('invalid', message, {
    field: 'dtype',
    reason: 'ACTIVATIONS_NOT_FINITE',
    metadata: { hookPoint: hookPoint.name, layer: String(hookPoint.layer), token: String(token) },
  });
}

function firstNotFinite(rows: Float32Array | Uint16Array, dtype: FloatDType): number {
  if (rows instanceof Float32Array)
    return allFinite(rows) ? -1 : rows.findIndex((value) => !Number.isFinite(value));
  const exponent = EXPONENT[dtype as 'F16' | 'BF16'];
  for (let i = 0; i < rows.length; i++) if ((rows[i]! & exponent) === exponent) return i;
  return -1;
}

function allFinite(values: Float32Array): boolean {
  // Zero as long as every value is finite: only NaN and the infinities differ from zero when subtracted from themselves.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}
