import type { SparseRows } from './feature-statistics.ts';
import { type CorpusRows, segmentEnds } from './segments.ts';
import { createTopSegments, type Peak } from './top-segments.ts';

/** Strongest examples kept per feature. */
export const EXAMPLES_PER_FEATURE = 20;

/** Tokens shown before and behind the strongest token of an example. */
export const TOKENS_BEFORE = 16;
export const TOKENS_BEHIND = 8;

/** A place where a feature fired, with its surroundings. */
export interface Example {
  activation: number;
  document: number;
  /** Row of the activation set. */
  row: number;
  position: number;
  /** Index of the strongest token in `tokenIds`. */
  peak: number;
  tokenIds: Int32Array;
  /** Activation on every token of the window; 0 where it did not fire. */
  activations: Float32Array;
}

/** Collects the strongest examples of all features, shard by shard. */
export interface ExampleCollector {
  /** Adds rows that are whole contexts. Windows of what is kept are copied, the arrays can be reused afterwards. */
  add(rows: SparseRows, corpus: CorpusRows): void;
  /** The examples of a feature, strongest first. */
  of(feature: number): Example[];
}

/**
 * Creates a collector. A *segment* is a stretch of consecutive tokens of one document in one context; of each segment only the
 * token on which a feature fired strongest (the first, among equals) can be an example, so that examples never overlap. Of all
 * segments the 20 strongest are kept: by activation, then by row. Exact.
 */
export function createExampleCollector(d_sae: number): ExampleCollector {
  const top = createTopSegments<Example>(d_sae, EXAMPLES_PER_FEATURE);
  const peakValue = new Float32Array(d_sae);
  const peakRow = new Uint32Array(d_sae);
  const fired = new Uint32Array(d_sae);

  function findPeaks({ offsets, indices, values }: SparseRows, start: number, end: number): number {
    let touched = 0;
    for (let row = start; row < end; row += 1) {
      for (let at = offsets[row]; at < offsets[row + 1]; at += 1) {
        const feature = indices[at];
        const value = values[at];
        if (peakValue[feature] === 0) fired[touched++] = feature;
        if (value <= peakValue[feature]) continue;
        peakValue[feature] = value;
        peakRow[feature] = row;
      }
    }
    return touched;
  }

  function offerPeaks(touched: number, firstRow: number): void {
    for (let i = 0; i < touched; i += 1) {
      const feature = fired[i];
      top.offer(feature, peakValue[feature], firstRow + peakRow[feature]);
      peakValue[feature] = 0;
    }
  }

  return {
    add(rows, corpus) {
      let start = 0;
      const borders: number[] = [];
      for (const end of segmentEnds(corpus, rows.rows)) {
        if (corpus.special[start] === 0) offerPeaks(findPeaks(rows, start, end), corpus.firstRow);
        borders.push(end);
        start = end;
      }
      const borderOf = bordersOf(borders);
      top.fill((peak) => cutWindow(peak, { rows, corpus, borderOf }));
    },
    of: (feature) => top.of(feature),
  };
}

/** Looks segments up by row: returns [start, end) of the segment that holds it. */
function bordersOf(ends: readonly number[]): (row: number) => [number, number] {
  return (row) => {
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > row) high = middle;
      else low = middle + 1;
    }
    return [low === 0 ? 0 : ends[low - 1], ends[low]];
  };
}

interface Shard {
  rows: SparseRows;
  corpus: CorpusRows;
  borderOf: (row: number) => [number, number];
}

function cutWindow({ feature, value, row }: Peak, { rows, corpus, borderOf }: Shard): Example {
  const local = row - corpus.firstRow;
  const [start, end] = borderOf(local);
  const from = Math.max(start, local - TOKENS_BEFORE);
  const to = Math.min(end, local + TOKENS_BEHIND + 1);
  const activations = new Float32Array(to - from);
  for (let i = from; i < to; i += 1) activations[i - from] = activationAt(rows, i, feature);
  return {
    activation: value,
    document: corpus.documents[local],
    row,
    position: corpus.positions[local],
    peak: local - from,
    tokenIds: corpus.tokenIds.slice(from, to),
    activations,
  };
}

/** The activation of a feature on one row, by binary search; 0 when it did not fire. */
function activationAt({ offsets, indices, values }: SparseRows, row: number, feature: number): number {
  let low = offsets[row];
  let high = offsets[row + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (indices[middle] < feature) low = middle + 1;
    else high = middle;
  }
  return low < offsets[row + 1] && indices[low] === feature ? values[low] : 0;
}
