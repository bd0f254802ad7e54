import { createRandom, syntheticRows } from '../testing/index.ts';
import { createStatistics } from './feature-statistics.ts';
import { binOfBits, HISTOGRAM_BINS, HISTOGRAM_EDGES } from './histogram.ts';

const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe('binOfBits', () => {
  test('puts every value between the edges of its bin, edges into the bin above', () => {
    const random = createRandom(2);
    for (let round = 0; round < 5000; round += 1) {
      const value = Math.fround(2 ** (random() * 31.9 - 15.95));
      const bin = binOfBits(bitsOf(value));
      expect(value).toBeGreaterThanOrEqual(HISTOGRAM_EDGES[bin]!);
      expect(value).toBeLessThan(HISTOGRAM_EDGES[bin + 1]!);
    }
    for (const [bin, edge] of HISTOGRAM_EDGES.slice(0, -1).entries())
      expect(binOfBits(bitsOf(edge))).toBe(bin);
  });

  test('puts what is too small or too large into the outer bins', () => {
    expect(binOfBits(bitsOf(1e-30))).toBe(0);
    expect(binOfBits(bitsOf(1e30))).toBe(HISTOGRAM_BINS - 1);
  });
});

/** Activations of every feature on all tokens that count, by definition. */
function firingsByFeature(shards: ReturnType<typeof syntheticRows>[], d_sae: number) {
  const values: number[][] = Array.from({ length: d_sae }, () => []);
  const counted = shards.flatMap(({ sparse, corpus }) =>
    Array.from({ length: sparse.rows }, (_, row) => ({ sparse, row })).filter(
      ({ row }) => corpus.special[row] === 0,
    ),
  );
  for (const { sparse, row } of counted) {
    for (let at = sparse.offsets[row]; at < sparse.offsets[row + 1]; at += 1) {
      values[sparse.indices[at]!]!.push(sparse.values[at]!);
    }
  }
  return { tokens: counted.length, values };
}

describe('createStatistics', () => {
  test('equals sums over all rows, special tokens left out', () => {
    const [d_sae, random] = [24, createRandom(3)];
    const statistics = createStatistics(d_sae);
    const shards = [0, 96].map((firstRow) => syntheticRows(random, { rows: 96, d_sae, k: 4, firstRow }));
    for (const { sparse, corpus } of shards) statistics.add(sparse, corpus.special);
    const { tokens, values } = firingsByFeature(shards, d_sae);
    expect(statistics.tokens).toBe(tokens);
    expect(statistics.events).toBe(values.flat().length);
    expect(statistics.liveFeatures).toBe(values.filter((list) => list.length > 0).length);
    for (const [feature, list] of values.entries()) {
      const sum = list.reduce((total, value) => total + value, 0);
      const of = statistics.of(feature);
      expect(of).toMatchObject({
        firingCount: list.length,
        density: list.length / tokens,
        maxActivation: Math.max(0, ...list),
      });
      expect(of.sumActivation).toBeCloseTo(sum, 9);
      expect(of.histogram.counts.reduce((total, count) => total + count, 0)).toBe(list.length);
      for (const [bin, count] of of.histogram.counts.entries()) {
        const [low, high] = [of.histogram.edges[bin]!, of.histogram.edges[bin + 1]!];
        expect(list.filter((value) => value >= low && value < high)).toHaveLength(count);
      }
    }
  });

  test('a feature that never fired has zeros and no bins', () => {
    expect(createStatistics(1).of(0)).toEqual({
      feature: 0,
      firingCount: 0,
      density: 0,
      maxActivation: 0,
      sumActivation: 0,
      meanActivation: 0,
      histogram: { edges: [], counts: [] },
    });
  });

  test('refuses what would not fit into memory, naming d_sae', () => {
    expect(() => createStatistics(2 ** 24)).toThrow(/d_sae 16777216/);
  });
});
