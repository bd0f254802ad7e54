import { createRandom } from '@facet/random';
import { principalAxes } from './principal-axes.ts';

/** Rows that vary by 3, 1 and 0.2 along three orthogonal directions, away from the origin. */
function stretchedRows(directions: readonly (readonly number[])[]): Float32Array {
  const random = createRandom(4n);
  const rows = new Float32Array(3000);
  for (let r = 0; r < 1000; r++) {
    const strengths = [3, 1, 0.2].map((deviation) => deviation * random.gaussian());
    for (let d = 0; d < 3; d++)
      rows[r * 3 + d] = 7 + strengths.reduce((sum, strength, i) => sum + strength * directions[i][d], 0);
  }
  return rows;
}

describe('principalAxes', () => {
  test('finds the directions of falling variance, whatever the mean', () => {
    const root = Math.SQRT1_2;
    const directions = [
      [root, root, 0],
      [root, -root, 0],
      [0, 0, 1],
    ];
    const axes = principalAxes(stretchedRows(directions), 3);
    directions.forEach((direction, i) => {
      const cosine = direction.reduce((sum, value, d) => sum + value * axes[i * 3 + d], 0);
      expect(Math.abs(cosine)).toBeGreaterThan(0.995);
    });
  });

  test('gives orthonormal axes', () => {
    const random = createRandom(6n);
    const m = 8;
    const axes = principalAxes(
      Float64Array.from({ length: 400 * m }, () => random.uniform()),
      m,
    );
    for (let p = 0; p < m; p++) {
      for (let q = 0; q < m; q++) {
        let dot = 0;
        for (let d = 0; d < m; d++) dot += axes[p * m + d] * axes[q * m + d];
        expect(dot).toBeCloseTo(p === q ? 1 : 0, 10);
      }
    }
  });
});
