import { measureGeometry, measureInterference, unitDirections } from './geometry.ts';

/** Five unit vectors at equal angles. */
const PENTAGON = Float64Array.from(
  Array.from({ length: 5 }, (_, i) => (2 * Math.PI * i) / 5).flatMap((angle) => [
    Math.cos(angle),
    Math.sin(angle),
  ]),
);

describe('measureGeometry', () => {
  test('gives a feature alone in its dimension D = 1, and an antipodal pair ½ each', () => {
    const W = Float64Array.from([1, 0, /* */ 0, 0.8, /* */ 0, -0.8, /* */ 0, 0]);
    const { dimensionality, represented, norms } = measureGeometry({ n: 4, m: 2, W });
    for (const [i, D] of [1, 0.5, 0.5, 0].entries()) expect(dimensionality[i]).toBeCloseTo(D, 12);
    expect(represented).toEqual([0, 1, 2]);
    expect([...norms]).toEqual([1, 0.8, 0.8, 0]);
  });

  test('gives the features of a pentagon 2/5 each, and D* = m / n for unit norms', () => {
    const { dimensionality, dimensions_per_feature } = measureGeometry({ n: 5, m: 2, W: PENTAGON });
    for (const value of dimensionality) expect(value).toBeCloseTo(0.4, 12);
    expect(dimensions_per_feature).toBeCloseTo(0.4, 12);
  });

  test('gives D of unequal norms by hand: ‖W_i‖² / Σ_j (Ŵ_i·W_j)²', () => {
    // W_1 = (2, 0), W_2 = (1, 1): D_1 = 4 / (4 + 1), D_2 = 2 / ((2/√2)² + 2).
    const { dimensionality } = measureGeometry({ n: 2, m: 2, W: Float64Array.of(2, 0, 1, 1) });
    expect(dimensionality[0]).toBeCloseTo(0.8, 12);
    expect(dimensionality[1]).toBeCloseTo(0.5, 12);
  });

  test('counts a feature of norm ½ as not represented', () => {
    const { represented } = measureGeometry({ n: 2, m: 1, W: Float64Array.of(0.5, 0.51) });
    expect(represented).toEqual([1]);
  });
});

describe('unitDirections', () => {
  test('gives the unit directions of the features asked for', () => {
    const W = Float64Array.of(3, 4, 9, 9, 0, -2);
    const directions = unitDirections({ m: 2, W }, [0, 2]);
    for (const [i, value] of [0.6, 0.8, 0, -1].entries()) expect(directions[i]).toBeCloseTo(value, 12);
  });
});

describe('measureInterference', () => {
  test('leaves a feature with itself out', () => {
    const { mean, largest } = measureInterference({ n: 3, m: 2, W: Float64Array.of(1, 0, -0.5, 0, 0, 3) });
    expect(largest).toBe(0.5);
    expect(mean).toBeCloseTo(1 / 6, 12);
  });
});
