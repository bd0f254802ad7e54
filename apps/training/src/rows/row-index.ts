import { FacetError } from '@facet/errors';
import { createRandom, shuffle } from '@facet/random';
import type { TrainingSets } from './training-sets.ts';

/** What a row is for. */
export const ROW = { excluded: 0, train: 1, heldOut: 2, outlier: 3 } as const;

/** One shard of one of the sets, under one numbering. */
export interface IndexedShard {
  set: TrainingSets['sets'][number];
  /** Its number in its set. */
  shard: number;
  /** What each of its rows is for. */
  kinds: Uint8Array;
}

/** What every row of the sets is for. */
export interface RowIndex {
  shards: readonly IndexedShard[];
  trainRows: number;
  heldOutRows: number;
  outlierRows: number;
}

export interface RowIndexOptions {
  /** Share of the documents that are held out. */
  heldOutFraction: number;
  /** Rows whose norm is above this multiple of the median norm are left out. @default none */
  maxNormMultiple?: number | undefined;
  signal: AbortSignal;
  /** Called with every shard when it is read: its number, its rows and what they are for as far as is known. */
  onShard(shard: number, rows: Float32Array, kinds: Uint8Array): void;
}

/** The seed of the split: the same documents are held out in every run, so that SAEs can be compared. */
const SPLIT_SEED = 0n;

/**
 * Reads every shard once, checks its hash, and decides what its rows are for: BOS and special tokens are left out, whole
 * documents held out, and outliers dropped from both, if that is asked for. Takes a byte per row, and four more
 * while outliers are looked for.
 */
export async function indexRows({ sets }: TrainingSets, options: RowIndexOptions): Promise<RowIndex> {
  const { heldOutFraction: fraction, maxNormMultiple, signal, onShard } = options;
  const shards: IndexedShard[] = [];
  const norms: Float32Array[] = [];
  for (const [stream, set] of sets.entries()) {
    const { shards: stored, documents } = set.manifest.body;
    const heldOut = heldOutDocuments(set.id, documents, { fraction, stream });
    for (let shard = 0; shard < stored.length; shard++) {
      const { activations, special, documents: documentOf } = await set.readShard(shard, { signal });
      const kinds = Uint8Array.from(special, (isSpecial, row) => {
        if (isSpecial !== 0) return ROW.excluded;
        return heldOut.has(documentOf[row]) ? ROW.heldOut : ROW.train;
      });
      if (maxNormMultiple !== undefined) norms.push(normsOf(activations, kinds));
      onShard(shards.length, activations, kinds);
      shards.push({ set, shard, kinds });
    }
  }
  if (maxNormMultiple !== undefined) dropOutliers(shards, norms, maxNormMultiple);
  const count = (kind: number) =>
    shards.reduce((sum, { kinds }) => sum + kinds.reduce((n, k) => n + Number(k === kind), 0), 0);
  return {
    shards,
    trainRows: count(ROW.train),
    heldOutRows: count(ROW.heldOut),
    outlierRows: count(ROW.outlier),
  };
}

/**
 * Chooses the documents of one set that are held out: a fixed share of them, at least one where any share is
 * asked for.
 */
export function heldOutDocuments(
  id: string,
  documents: number,
  { fraction, stream }: { fraction: number; stream: number },
): ReadonlySet<number> {
  if (fraction === 0) return new Set();
  if (documents < 2) {
    const message =
      `activationSets/${id} has ${documents} document, so none can be held out; set held_out_fraction to 0 ` +
      'or capture text with a document separator';
    throw new FacetError('precondition', message, { reason: 'TOO_FEW_DOCUMENTS' });
  }
  const numbers = Uint32Array.from({ length: documents }, (_, i) => i);
  const order = shuffle(numbers, createRandom(SPLIT_SEED, stream));
  return new Set(order.subarray(0, Math.max(1, Math.round(documents * fraction))));
}

/** Euclidean norms of the rows that count; −1 for others. */
function normsOf(rows: Float32Array, kinds: Uint8Array): Float32Array {
  const d_in = rows.length / kinds.length;
  return Float32Array.from(kinds, (kind, row) => {
    if (kind === ROW.excluded) return -1;
    let squares = 0;
    for (let at = row * d_in; at < (row + 1) * d_in; at++) squares += rows[at] * rows[at];
    return Math.sqrt(squares);
  });
}

/** Marks rows whose norm is above `multiple` times the median norm of all rows that count. */
function dropOutliers(
  shards: readonly IndexedShard[],
  norms: readonly Float32Array[],
  multiple: number,
): void {
  const counted = norms.map((values) => values.filter((norm) => norm >= 0));
  const sorted = new Float32Array(counted.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const values of counted) {
    sorted.set(values, at);
    at += values.length;
  }
  sorted.sort();
  const limit = multiple * sorted[Math.floor((sorted.length - 1) / 2)];
  for (const [s, { kinds }] of shards.entries()) {
    for (let row = 0; row < kinds.length; row++) if (norms[s][row] > limit) kinds[row] = ROW.outlier;
  }
}
