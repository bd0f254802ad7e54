import { openActivationSet, type ShardRows } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { decodeFloats, dtypeBytes, encodeFloats, type FloatDType } from '@facet/tensor';
import type { CaptureContext } from '../capture-context.ts';
import { describeSet } from './describe-set.ts';

export interface RowRange {
  /** First row. */
  start: number;
  /** At most this many; 0 for all that follow. */
  max: number;
  /** Element type to send; undefined: as stored. */
  dtype: FloatDType | undefined;
}

/** Consecutive rows of a set. */
export interface RowBlock extends ShardRows {
  firstRow: number;
}

/** Most activations of one block. */
const MAX_BLOCK_BYTES = 1024 * 1024;
/** Keeps token ids, documents and positions small beside narrow activations. */
const MAX_BLOCK_ROWS = 65_536;
/** Yields rows of an ACTIVE set in blocks; reads no further than the caller takes. */
export async function* readRows(
  context: CaptureContext,
  id: string,
  { range, signal }: { range: RowRange; signal: AbortSignal },
): AsyncGenerator<RowBlock> {
  const { state } = await describeSet(context, id);
  if (state !== 'ACTIVE')
    throw new FacetError('precondition', `activationSets/${id} is ${state}; only ACTIVE sets are readable`, {
      reason: 'ACTIVATION_SET_NOT_ACTIVE',
    });
  const set = await openActivationSet(context.store, id);
  const { rows, dIn, dtype: stored, shards } = set.manifest.body;
  if (range.start > rows)
    throw new FacetError(
      'invalid',
      `start_row ${range.start} is past the ${rows} rows of activationSets/${id}`,
      {
        field: 'start_row',
      },
    );
  const dtype = range.dtype ?? stored;
  const end = range.max === 0 ? rows : Math.min(rows, range.start + range.max);
  const blockRows = Math.max(
    1,
    Math.min(MAX_BLOCK_ROWS, Math.floor(MAX_BLOCK_BYTES / (dIn * dtypeBytes(dtype)))),
  );
  let shardStart = 0;
  for (const [shard, { rows: shardRows }] of shards.entries()) {
    const last = Math.min(end, shardStart + shardRows);
    for (let row = Math.max(range.start, shardStart); row < last; ) {
      signal.throwIfAborted();
      const count = Math.min(blockRows, last - row);
      const block = await set.readStoredRows(shard, row - shardStart, count, signal);
      yield { firstRow: row, ...asType(block, dtype) };
      row += count;
    }
    shardStart += shardRows;
  }
}

function asType(block: ShardRows, dtype: FloatDType): ShardRows {
  if (block.dtype === dtype) return block;
  const values = decodeFloats(block.activations, block.dtype, 'activations');
  return { ...block, dtype, activations: encodeFloats(values, dtype) };
}
