import { FacetError } from '@facet/errors';
import { createPickedSource, type RowSource } from '@facet/sae-training';
import { createMixedSource } from './mixed-source.ts';
import { indexRows, ROW, type RowIndex } from './row-index.ts';
import type { TrainingSets } from './training-sets.ts';

export interface SetSourceOptions {
  /** Share of the documents that are held out. */
  heldOutFraction: number;
  /** Rows that the mixing buffer holds; 0: all of them are held. */
  bufferRows: number;
  /** Rows whose norm is above this multiple of the median norm are left out. @default none */
  maxNormMultiple?: number | undefined;
  /** Ends every reading. */
  signal: AbortSignal;
  /** Ends the first reading too. @default `signal` alone does */
  opening?: AbortSignal;
  /** Called after every shard of the first reading. */
  onRead?: (rows: number) => void;
}

/** Rows of activation sets, and how many were left out as outliers. */
export interface SetSource extends RowSource {
  outlierRows: number;
}

/**
 * Reads rows of activation sets for training: BOS and special rows left out, some documents held out, outliers dropped
 * where that is asked for. Where all rows fit, they are held and every epoch is shuffled whole; else they are mixed in
 * a buffer of `bufferRows` rows (`createMixedSource`). Both begin at any row of an epoch.
 */
export async function openSetSource(sets: TrainingSets, options: SetSourceOptions): Promise<SetSource> {
  const held = options.bufferRows === 0 ? createHeldRows(sets) : undefined;
  let rows = 0;
  const index = await indexRows(sets, {
    ...options,
    signal: options.opening ?? options.signal,
    onShard(_, activations, kinds) {
      rows += held?.add(activations, kinds) ?? countRows(kinds);
      options.onRead?.(rows);
    },
  });
  const { outlierRows } = index;
  const source = held ? held.source(index) : createMixedSource(sets.d_in, index, options);
  return { ...source, outlierRows };
}

function countRows(kinds: Uint8Array): number {
  return kinds.reduce((count, kind) => count + Number(kind !== ROW.excluded), 0);
}

/** Holds the rows of all shards that are not special, in their order. */
function createHeldRows({ d_in, rows }: TrainingSets) {
  const all = new Float32Array(rows * d_in);
  let held = 0;
  return {
    /** Copies the rows of a shard that count; returns how many they were. */
    add(activations: Float32Array, kinds: Uint8Array): number {
      const before = held;
      for (let row = 0; row < kinds.length; row++) {
        if (kinds[row] === ROW.excluded) continue;
        if (held === rows) throw moreRows();
        all.set(activations.subarray(row * d_in, (row + 1) * d_in), held++ * d_in);
      }
      return held - before;
    },
    source: (index: RowIndex): RowSource => {
      const train = numbersOf(index, ROW.train, index.trainRows);
      const heldOut = numbersOf(index, ROW.heldOut, index.heldOutRows);
      return createPickedSource({ d_in, rows: all, train, heldOut });
    },
  };
}

/** Numbers of the `count` rows of one kind among all that are held. */
function numbersOf({ shards }: RowIndex, wanted: number, count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  let at = 0;
  let number = 0;
  for (const { kinds } of shards) {
    for (const kind of kinds) {
      if (kind === wanted) numbers[at++] = number;
      if (kind !== ROW.excluded) number++;
    }
  }
  return numbers;
}

function moreRows(): FacetError {
  return new FacetError(
    'data-loss',
    'the shards hold more rows than their manifest says; capture the set again',
  );
}
