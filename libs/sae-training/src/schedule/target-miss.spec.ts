import type { RecipeConfig } from '../recipes/recipe-config.ts';
import { patternedRows } from '../testing/patterned-rows.ts';
import { trainSae } from '../training/train.ts';
import { targetWarnings } from './target-miss.ts';

describe('targetWarnings', () => {
  test('says by how much l0 misses its target, and what to do', () => {
    expect(targetWarnings({ l0: 76.649, target_l0: 8 })).toEqual([
      'held-out l0 76.6 is 858 % above the 8 asked for; train on more tokens, or raise learning_rate or (jumprelu) lambda',
    ]);
    expect(targetWarnings({ l0: 3.4, target_l0: 8 })[0]).toMatch(
      /^held-out l0 3.40 is 57 % below the 8 asked for; /,
    );
  });

  test.each([
    [8, 8],
    [9.6, 8],
    [6.4, 8],
    [300, 0],
    [Number.NaN, 8],
  ])('says nothing of l0 %d with target %d', (l0, target_l0) => {
    expect(targetWarnings({ l0, target_l0 })).toEqual([]);
  });
});

describe('trainSae', () => {
  const D_IN = 15;
  const config = { d_sae: 63, batch_rows: 128, tokens: 128 * 300, threads: 1 };
  const train = (change: Partial<Parameters<typeof trainSae>[0]['config']> & { recipe: object }) =>
    trainSae({
      config: { ...config, ...change } as typeof config & { recipe: { name: 'gated' } },
      source: patternedRows(D_IN),
    });

  test.each([7e-5, 1e-3, 5e-3])(
    'reaches target_l0 of jumprelu at a learning rate of %d',
    async (learning_rate) => {
      const { metrics, warnings } = await train({
        recipe: { name: 'jumprelu', target_l0: 4 },
        learning_rate,
      });
      expect(metrics.target_l0).toBe(4);
      expect(Math.abs(metrics.l0 / 4 - 1)).toBeLessThan(0.1);
      expect(warnings).toEqual([]);
    },
  );

  test.each([
    ['batchtopk', 1e-3, 60],
    ['batchtopk', 5e-3, 100],
    ['matryoshka', 5e-3, 100],
  ] as const)(
    'reaches k of %s at a learning rate of %d within %d steps',
    async (name, learning_rate, steps) => {
      const { metrics } = await train({ recipe: { name, k: 4 }, learning_rate, tokens: 128 * steps });
      expect(Math.abs(metrics.l0 / 4 - 1)).toBeLessThan(0.1);
    },
  );

  test('warns of a jumprelu run whose penalty is too weak for its target', async () => {
    const { warnings } = await train({ recipe: { name: 'jumprelu', target_l0: 4, lambda: 1e-9 } });
    expect(warnings).toEqual([expect.stringMatching(/above the 4 asked for; .* \(jumprelu\) lambda/)]);
  });

  test.each<[RecipeConfig, number]>([
    [{ name: 'topk', k: 3 }, 3],
    [{ name: 'batchtopk', k: 3 }, 3],
    [{ name: 'matryoshka', k: 3 }, 3],
    [{ name: 'standard' }, 0],
    [{ name: 'gated' }, 0],
    [{ name: 'jumprelu', lambda: 0.1 }, 0],
  ])('knows what %j asks for', async (recipe, target_l0) => {
    expect((await train({ recipe, tokens: 256 })).metrics.target_l0).toBe(target_l0);
  });
});
