import { createRandom } from '@facet/random';
import { drawBatch } from './toy-batch.ts';

describe('drawBatch', () => {
  test('makes every feature active as often as the density says, uniform in [0, 1)', () => {
    const [n, rows, density] = [6, 20_000, 0.07];
    const { features, values } = drawBatch({ n, density }, rows, createRandom(1n));
    for (let i = 0; i < n; i++) {
      const share = features.filter((feature) => feature === i).length / rows;
      expect(Math.abs(share - density)).toBeLessThan(0.008);
    }
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
  });

  test('lists the active features of each row once, ascending', () => {
    const { rows, offsets, features } = drawBatch({ n: 9, density: 0.5 }, 200, createRandom(2n));
    expect(offsets[rows]).toBe(features.length);
    for (let r = 0; r < rows; r++) {
      const active = [...features.subarray(offsets[r], offsets[r + 1])];
      expect(active).toEqual([...new Set(active)].sort((a, b) => a - b));
      expect(active.every((feature) => feature < 9)).toBe(true);
    }
  });

  test('makes every feature active at density 1', () => {
    const { features, offsets } = drawBatch({ n: 4, density: 1 }, 3, createRandom(3n));
    expect([...features]).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    expect([...offsets]).toEqual([0, 4, 8, 12]);
  });
});
