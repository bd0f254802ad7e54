import { resolveConfig } from '../resolve-config.ts';
import { penaltyRate } from './learning-rates.ts';

describe('penaltyRate', () => {
  test('is the rate of the paper in long runs, and lets weights go by 1 in shorter ones', () => {
    expect(penaltyRate(5e-5, { d_sae: 1024, steps: 100_000 })).toBe(5e-5);
    expect(penaltyRate(5e-5, { d_sae: 1024, steps: 4000 })).toBe(1 / 4000);
  });

  test('is never above the rate of recipes that select', () => {
    expect(penaltyRate(5e-5, { d_sae: 1024, steps: 10 })).toBeCloseTo(8e-4, 12);
    expect(penaltyRate(5e-5, { d_sae: 2 ** 20, steps: 10 })).toBe(5e-5);
  });

  test.each([
    [{ name: 'standard' }, 5e-5],
    [{ name: 'gated' }, 5e-5],
    [{ name: 'jumprelu', target_l0: 8 }, 7e-5],
  ] as const)('is the default of %j', (recipe, paper) => {
    const rateOf = (steps: number) =>
      resolveConfig({ recipe, d_sae: 1024, batch_rows: 64, tokens: 64 * steps }, { d_in: 8, rows: 64 })
        .learning_rate;
    expect(rateOf(100_000)).toBe(paper);
    expect(rateOf(2000)).toBe(1 / 2000);
  });
});
