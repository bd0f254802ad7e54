import { createRandom, syntheticRows } from '../testing/index.ts';
import { createExampleCollector, EXAMPLES_PER_FEATURE } from './example-collector.ts';
import type { SparseRows } from './feature-statistics.ts';
import type { CorpusRows } from './segments.ts';

interface Firing {
  row: number;
  value: number;
  segment: string;
}

/** All firings of a feature by definition, with a name for the segment of each. */
function firingsOf(feature: number, shards: { sparse: SparseRows; corpus: CorpusRows }[]): Firing[] {
  const firings: Firing[] = [];
  for (const { sparse, corpus } of shards) {
    for (let row = 0; row < sparse.rows; row += 1) {
      if (corpus.special[row] !== 0) continue;
      const global = corpus.firstRow + row;
      const segment = `${global - corpus.positions[row]!}/${corpus.documents[row]}`;
      for (let at = sparse.offsets[row]; at < sparse.offsets[row + 1]; at += 1) {
        if (sparse.indices[at] === feature) firings.push({ row: global, value: sparse.values[at]!, segment });
      }
    }
  }
  return firings;
}

function strongest(firings: Firing[]): Firing[] {
  const order = [...firings].sort((a, b) => b.value - a.value || a.row - b.row);
  const seen = new Set<string>();
  return order
    .filter(({ segment }) => !seen.has(segment) && seen.add(segment))
    .slice(0, EXAMPLES_PER_FEATURE);
}

describe('createExampleCollector', () => {
  test.each([1 << 20, 3])('keeps the strongest segments, as brute force finds them (%d levels)', (levels) => {
    const [d_sae, random] = [12, createRandom(levels)];
    const collector = createExampleCollector(d_sae);
    const shards = [0, 640, 1280].map((firstRow) =>
      syntheticRows(random, { rows: 640, d_sae, k: 3, firstRow, levels }),
    );
    for (const { sparse, corpus } of shards) collector.add(sparse, corpus);
    for (let feature = 0; feature < d_sae; feature += 1) {
      const expected = strongest(firingsOf(feature, shards)).map(({ row, value }) => ({ row, value }));
      expect(collector.of(feature).map(({ row, activation }) => ({ row, value: activation }))).toEqual(
        expected,
      );
    }
  });

  test('shows the tokens around the strongest one, never across a border', () => {
    const random = createRandom(7);
    const collector = createExampleCollector(8);
    const shard = syntheticRows(random, { rows: 320, d_sae: 8, k: 2 });
    collector.add(shard.sparse, shard.corpus);
    for (let feature = 0; feature < 8; feature += 1) {
      for (const example of collector.of(feature)) {
        const from = example.row - example.peak;
        expect(example.activations[example.peak]).toBe(example.activation);
        expect(Math.max(...example.activations)).toBe(example.activation);
        for (const [i, tokenId] of example.tokenIds.entries()) {
          expect(shard.corpus.special[from + i]).toBe(0);
          expect([tokenId, shard.corpus.documents[from + i]]).toEqual([
            shard.corpus.tokenIds[from + i],
            example.document,
          ]);
          const firing = firingsOf(feature, [shard]).find(({ row }) => row === from + i);
          expect(example.activations[i]).toBe(firing?.value ?? 0);
        }
      }
    }
  });
});
