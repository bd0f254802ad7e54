import type { SparseRows } from '../statistics/feature-statistics.ts';
import type { CorpusRows } from '../statistics/segments.ts';

/** Draws numbers in [0, 1) from a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface SyntheticOptions {
  rows: number;
  d_sae: number;
  /** Features that fire per row. */
  k: number;
  firstRow?: number;
  /** Tokens of a context; its first row is a special token. */
  contextTokens?: number;
  /** Number of different activations; small numbers make ties. */
  levels?: number;
}

/** Makes random sparse activations with the corpus rows they belong to; the same seed gives the same rows. */
export function syntheticRows(
  random: () => number,
  { rows, d_sae, k, firstRow = 0, contextTokens = 32, levels = 1 << 20 }: SyntheticOptions,
): { sparse: SparseRows; corpus: CorpusRows } {
  const offsets = Uint32Array.from({ length: rows + 1 }, (_, row) => row * k);
  const indices = new Uint32Array(rows * k);
  const values = Float32Array.from(indices, () => (1 + Math.floor(random() * levels)) / levels);
  const stride = Math.floor(d_sae / k);
  for (let at = 0; at < indices.length; at += 1)
    indices[at] = (at % k) * stride + Math.floor(random() * stride);
  const positions = Int32Array.from({ length: rows }, (_, row) => (firstRow + row) % contextTokens);
  return {
    sparse: { rows, offsets, indices, values },
    corpus: {
      firstRow,
      positions,
      tokenIds: Int32Array.from({ length: rows }, () => Math.floor(random() * 500)),
      documents: Int32Array.from({ length: rows }, (_, row) => Math.floor((firstRow + row) / 20)),
      special: Uint8Array.from(positions, (position) => (position === 0 ? 1 : 0)),
    },
  };
}
