import { createReconstructionTally, densityHistogram } from './reconstruction-tally.ts';

describe('createReconstructionTally', () => {
  test('measures rows by hand', () => {
    const tally = createReconstructionTally(4, Float32Array.of(2, 1));
    // Two rows that count, (3, 4) as (3, 0) and (1, -2) as (2, -4), and one that does not.
    const rows = {
      x: Float32Array.of(3, 4, 9, 9, 1, -2),
      x_hat: Float32Array.of(3, 0, 0, 0, 2, -4),
      f: {
        rows: 3,
        offsets: Uint32Array.of(0, 1, 2, 5),
        indices: Uint32Array.of(0, 3, 0, 1, 2),
        values: Float32Array.of(1, 1, 1, 1, 1),
      },
      counted: Uint8Array.of(1, 0, 1),
    };
    tally.add(rows);
    const metrics = tally.metrics();
    expect(metrics.l0).toBe(2);
    // ‖x − x̂‖² is 16 and 5; ‖x − mean‖² is 1 + 9 and 1 + 9.
    expect(metrics.fvu).toBe(21 / 20);
    expect(metrics.explainedVariance).toBe(1 - 21 / 20);
    // Feature 3 fired only for the row that does not count.
    expect(metrics.deadFraction).toBe(1 / 4);
    expect(metrics.meanCosine).toBeCloseTo((3 / 5 + 1) / 2, 12);
    expect(metrics.meanNormRatio).toBeCloseTo((3 / 5 + 2) / 2, 12);
  });

  test('counts a reconstruction of nothing as cosine 0, and does not call unvarying rows explained', () => {
    const tally = createReconstructionTally(1, Float32Array.of(1));
    const f = {
      rows: 1,
      offsets: Uint32Array.of(0, 0),
      indices: new Uint32Array(),
      values: new Float32Array(),
    };
    tally.add({ x: Float32Array.of(1), x_hat: Float32Array.of(0), f, counted: Uint8Array.of(1) });
    expect(tally.metrics()).toMatchObject({ meanCosine: 0, meanNormRatio: 0, fvu: Number.NaN, l0: 0 });
  });
});

describe('densityHistogram', () => {
  test('puts shares into half decades, the lower edge inside', () => {
    const { edges, counts } = densityHistogram(Uint32Array.of(0, 1, 10, 100, 31, 32, 1000, 999), 1000);
    expect(edges).toEqual([-3, -2.5, -2, -1.5, -1, -0.5, 0]);
    // 10^-1.5 of 1000 are 31.6.
    expect(counts).toEqual([1, 0, 2, 1, 1, 2]);
  });

  test('has a bin for a feature that fired once, however many tokens there are', () => {
    for (const tokens of [1, 2, 3, 17, 100, 1000, 99_999, 100_000, 100_001]) {
      const { edges, counts } = densityHistogram(Uint32Array.of(1, 0), tokens);
      expect(edges.at(-1)).toBe(0);
      expect(edges[0]).toBeLessThanOrEqual(Math.max(-0.5, Math.log10(1 / tokens)));
      expect(counts).toHaveLength(edges.length - 1);
      expect(counts[0]).toBe(1);
    }
  });
});
