import { resolveConfig } from '@facet/sae-training';
import { planMemory } from './memory-plan.ts';
import type { TrainingSets } from './training-sets.ts';

const sets = { d_in: 64, rows: 100_000, largestShard: 4096 } as TrainingSets;
const config = resolveConfig({ recipe: { name: 'topk', k: 16 }, d_sae: 1024, batch_rows: 512 }, sets);

describe('planMemory', () => {
  test('holds all rows where they fit, and says what everything takes', () => {
    const plan = planMemory(config, sets, 1 << 30);
    expect(plan.bufferRows).toBe(0);
    expect(plan.rows).toBe((100_000 + 3 * 4096) * 64 * 4);
    expect(plan.total).toBe(plan.weights + plan.optimizer + plan.batch + plan.rows);
  });

  test('mixes with what is left where they do not, and never plans above the limit', () => {
    const limit = 20 << 20;
    const plan = planMemory(config, sets, limit);
    expect(plan.bufferRows).toBeGreaterThan(8 * 512);
    expect(plan.bufferRows).toBeLessThan(100_000);
    expect(plan.total).toBeLessThanOrEqual(limit);
  });

  test('refuses what cannot fit with the numbers', () => {
    expect(() => planMemory(config, sets, 8 << 20)).toThrow(/needs \d+ bytes of memory, .* allows 8388608/);
  });
});
