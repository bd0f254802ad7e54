import { resolveConfig } from '@facet/sae-training';
import { planMemory } from './memory-plan.ts';

const sets = { d_in: 64, rows: 100_000, excludedRows: 500, largestShard: 4096 };
const config = resolveConfig({ recipe: { name: 'topk', k: 16 }, d_sae: 1024, batch_rows: 512 }, sets);

const demands = { configs: [config], sets, dropsOutliers: false };

describe('planMemory', () => {
  test('holds all rows where they fit, and says what everything takes', () => {
    const plan = planMemory(demands, 1 << 30);
    expect(plan.bufferRows).toBe(0);
    expect(plan.rows).toBe((100_000 + 2 * 4096) * 64 * 4 + 9 * 100_500);
    expect(plan.copies).toBe(2 * plan.weights);
    expect(plan.total).toBe(plan.weights + plan.optimizer + plan.batch + plan.rows + plan.copies!);
    // Arrays are padded one by one.
    expect(Math.abs(3 * plan.gradients! - plan.optimizer)).toBeLessThan(1024);
    expect(plan.preActivations).toBeGreaterThanOrEqual(4 * 512 * 1024);
    expect(plan.preActivations).toBeLessThan(plan.batch);
  });

  test('plans for the norms that finding outliers takes', () => {
    const plan = planMemory({ ...demands, dropsOutliers: true }, 1 << 30);
    expect(plan.rows - planMemory(demands, 1 << 30).rows).toBe(8 * 100_500);
  });

  test('mixes with what is left where they do not, and never plans above the limit', () => {
    const limit = 20 << 20;
    const plan = planMemory(demands, limit);
    expect(plan.bufferRows).toBeGreaterThan(8 * 512);
    expect(plan.bufferRows).toBeLessThan(100_000);
    expect(plan.total).toBeLessThanOrEqual(limit);
  });

  test('adds up the engines of several SAEs, with one set of rows and the copies of the largest', () => {
    const larger = resolveConfig({ recipe: { name: 'topk', k: 16 }, d_sae: 2048, batch_rows: 512 }, sets);
    const [small, large] = [config, larger].map((one) => planMemory({ ...demands, configs: [one] }, 1 << 30));
    const both = planMemory({ ...demands, configs: [config, larger] }, 1 << 30);
    for (const part of ['weights', 'optimizer', 'gradients', 'batch', 'preActivations'] as const)
      expect(both[part]).toBe(small[part]! + large[part]!);
    expect(both.rows).toBe(small.rows);
    expect(both.copies).toBe(large.copies);
    expect(both.total).toBe(both.weights + both.optimizer + both.batch + both.rows + both.copies!);
  });

  test('refuses several that do not fit together although each does, and says how many they are', () => {
    const limit = 21 << 20;
    planMemory(demands, limit);
    expect(() => planMemory({ ...demands, configs: [config, config, config] }, limit)).toThrow(
      /needs \d+ bytes of memory, .* allows 22020096; train fewer than 3 SAEs at once/,
    );
  });

  test('refuses what cannot fit with the numbers', () => {
    expect(() => planMemory(demands, 8 << 20)).toThrow(/needs \d+ bytes of memory, .* allows 8388608/);
  });
});
