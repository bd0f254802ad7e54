import { measureGeometry } from './geometry.ts';
import { exactPairBatch, trainPair } from './phase-diagram.ts';
import { trainPlanarToy, trainPolytope } from './small-toys.ts';
import { decayingImportance, trainToy } from './train-toy.ts';

describe('trainPolytope', () => {
  test.each([
    { name: 'antipodal pair', n: 2, m: 1, D: 1 / 2 },
    { name: 'pentagon', n: 5, m: 2, D: 2 / 5 },
    { name: 'square antiprism', n: 8, m: 3, D: 3 / 8 },
  ])('finds the $name', async ({ D, ...polytope }) => {
    const { dimensionality, represented } = await trainPolytope(polytope, 1n);
    expect(represented).toHaveLength(polytope.n);
    for (const value of dimensionality) expect(Math.abs(value - D)).toBeLessThan(0.02);
  });
});

describe('trainPlanarToy', () => {
  test('keeps the two most important features where they are dense', async () => {
    const { represented, toy } = await trainPlanarToy(1, 2n);
    expect(represented).toEqual([0, 1]);
    expect(Math.abs(toy.W[0] * toy.W[2] + toy.W[1] * toy.W[3])).toBeLessThan(0.1);
  });

  test('keeps all five, 72° apart, where they are sparse', async () => {
    const { represented, toy } = await trainPlanarToy(0.1, 2n);
    expect(represented).toHaveLength(5);
    const angles = Array.from({ length: 5 }, (_, i) => Math.atan2(toy.W[2 * i + 1], toy.W[2 * i])).sort(
      (a, b) => a - b,
    );
    angles.forEach((angle, i) => {
      const next = i < 4 ? angles[i + 1] : angles[0] + 2 * Math.PI;
      expect(Math.abs(((next - angle) * 180) / Math.PI - 72)).toBeLessThan(5);
    });
  });
});

describe('trainPair', () => {
  test.each([
    { importance: 0.1, density: 1, fate: 'ignores', D: 0 },
    { importance: 0.2, density: 0.5, fate: 'ignores', D: 0 },
    { importance: 10, density: 1, fate: 'prefers', D: 1 },
    { importance: 1, density: 0.01, fate: 'superposes', D: 0.5 },
    { importance: 0.1, density: 0.01, fate: 'superposes', D: 0.5 },
  ])('$fate a second feature of importance $importance at density $density', ({ importance, density, D }) => {
    const toy = trainPair(density, Float64Array.of(1, importance), 0n);
    expect(Math.abs(measureGeometry(toy).dimensionality[1] - D)).toBeLessThan(0.02);
  });
});

describe('exactPairBatch', () => {
  test('has weights that sum to 1 and the moments of the distribution', () => {
    const { rows, offsets, features, values, rowWeights } = exactPairBatch(0.3);
    const moment = { weight: 0, first: 0, product: 0 };
    for (let r = 0; r < rows; r++) {
      const x = [0, 0];
      for (let e = offsets[r]; e < offsets[r + 1]; e++) x[features[e]] = values[e];
      moment.weight += rowWeights![r];
      moment.first += rowWeights![r] * x[0];
      moment.product += rowWeights![r] * x[0] * x[1];
    }
    expect(moment.weight).toBeCloseTo(1, 12);
    expect(moment.first).toBeCloseTo(0.3 / 2, 12);
    expect(moment.product).toBeCloseTo(0.3 ** 2 / 4, 12);
  });
});

describe('trainToy', () => {
  const small = { n: 4, m: 2, density: 0.3, steps: 150, seed: 3n };

  test('gives the same weights for the same settings, others for another seed', async () => {
    const [first, again, other] = await Promise.all([
      trainToy(small),
      trainToy(small),
      trainToy({ ...small, seed: 4n }),
    ]);
    expect(again.toy.W).toEqual(first.toy.W);
    expect(other.toy.W).not.toEqual(first.toy.W);
  });

  test('gives more important features longer directions', async () => {
    const importance = decayingImportance(4, 0.1);
    const { toy } = await trainToy({ ...small, m: 1, steps: 600, importance });
    expect(Math.abs(toy.W[0])).toBeGreaterThan(0.8);
    expect(Math.abs(toy.W[3])).toBeLessThan(0.3);
  });

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainToy({ ...small, signal })).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
