import { measureGeometry } from './geometry.ts';
import { drawHiddenRows, hiddenOf } from './hidden-rows.ts';
import type { PhasePoint } from './phase-change.ts';
import { defaultK, measureRecovery } from './recovery.ts';
import { trainToy } from './train-toy.ts';

/** Thirty features in eight dimensions: a toy that trains in a second. */
async function sparsePoint(): Promise<PhasePoint> {
  const density = 0.05;
  const { toy, loss } = await trainToy({ n: 30, m: 8, density, steps: 800, seed: 1n });
  return { density, toy, loss, ...measureGeometry(toy) };
}

describe('measureRecovery', () => {
  test('finds the true directions in a sparse toy, and nothing with far too large a k', async () => {
    const point = await sparsePoint();
    expect(point.represented.length).toBeGreaterThan(2 * point.toy.m);
    const hidden = drawHiddenRows(point.toy, point.density, 1n);
    const measure = (k: number) =>
      measureRecovery({ point, hidden, training: { d_sae: 60, k, trained_rows: 150_000 }, seed: 1n });

    const found = await measure(defaultK(point));
    expect(found.represented).toBe(point.represented.length);
    expect(found.recovered_share).toBeGreaterThanOrEqual(0.95);
    expect(found.mean_max_cosine).toBeGreaterThan(0.98);
    expect(found.controls.random.recovered_share).toBeLessThan(0.3);
    expect(found.controls.principal_axes.recovered_share).toBeLessThan(0.3);
    expect(found.unmatched_firing_share).toBeLessThan(0.2);

    const lost = await measure(8);
    expect(lost.recovered_share).toBeLessThan(0.5);
    expect(lost.fvu).toBeLessThan(found.fvu);
  });
});

describe('defaultK', () => {
  test('is half of the active features, at least two', () => {
    const represented = Array.from({ length: 100 }, (_, i) => i);
    expect(defaultK({ represented, density: 0.1 })).toBe(5);
    expect(defaultK({ represented, density: 0.01 })).toBe(2);
  });
});

describe('hiddenOf', () => {
  test('is W x', () => {
    const toy = { m: 2, W: Float64Array.of(1, 0, /* */ 0, 2, /* */ -1, 1) };
    const batch = {
      rows: 2,
      offsets: Uint32Array.of(0, 2, 2),
      features: Uint32Array.of(0, 2),
      values: Float64Array.of(0.5, 0.25),
    };
    expect([...hiddenOf(toy, batch)]).toEqual([0.25, 0.25, 0, 0]);
  });
});
