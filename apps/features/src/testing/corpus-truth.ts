import { encodeReference } from '@facet/sae';
import { CORPUS, D_IN, D_SAE, type Fixture, startsOf } from './fixture.ts';

/** One token on which a feature fired. */
export interface Firing {
  row: number;
  value: number;
}

/** What is true of the corpus of a fixture, found by definition: every token encoded by the reference encoder. */
export interface CorpusTruth {
  /** Tokens that count: all but special ones. */
  tokens: number;
  /** Activations of a feature on all tokens that count. */
  firings(feature: number): Firing[];
  /** Largest activation of a feature in every text. */
  maxima(feature: number): number[];
  /** Activations of every feature on every token of a text [d_sae][tokens], and which tokens are special. */
  text(index: number): { dense: number[][]; special: Uint8Array };
}

/** Encodes the corpus by definition. */
export function corpusTruth({ sae, corpus }: Fixture): CorpusTruth {
  const rows = corpus.tokenIds.length;
  const { special } = corpus;
  const dense = denseActivations(sae, corpus.activations, rows);
  const starts = startsOf(corpus.lengths);
  const firings = (feature: number) =>
    dense[feature]!.map((value, row) => ({ row, value })).filter(
      ({ row, value }) => value > 0 && special[row] === 0,
    );
  return {
    tokens: special.filter((value) => value === 0).length,
    firings,
    maxima: (feature) =>
      CORPUS.map((_, text) => {
        const inside = firings(feature).filter(({ row }) => row >= starts[text]! && row < starts[text + 1]!);
        return Math.max(0, ...inside.map(({ value }) => value));
      }),
    text: (index) => ({
      dense: dense.map((values) => values.slice(starts[index], starts[index + 1])),
      special: special.subarray(starts[index], starts[index + 1]),
    }),
  };
}

function denseActivations(sae: Fixture['sae'], x: Float32Array, rows: number): number[][] {
  const { offsets, indices, values } = encodeReference(sae, x.subarray(0, rows * D_IN), rows);
  const dense = Array.from({ length: D_SAE }, () => new Array<number>(rows).fill(0));
  for (let row = 0; row < rows; row += 1) {
    for (let at = offsets[row]; at < offsets[row + 1]; at += 1) dense[indices[at]!]![row] = values[at]!;
  }
  return dense;
}
