import { parseRecipe, type RecipeOptions } from './recipe.ts';

const parse = (options: Partial<RecipeOptions>) => parseRecipe({ recipe: 'topk', ...options }, 64);

describe('parseRecipe', () => {
  test('reads the settings of every recipe', () => {
    expect(parse({ recipe: 'standard', lambda: '3', resampleEvery: '25k' }).recipe).toEqual({
      $case: 'standard',
      value: { lambda: 3, lambdaWarmupFraction: undefined, resampleEvery: 25_000n },
    });
    expect(parse({ k: '8', auxkAlpha: '0', kAux: '4' }).recipe).toEqual({
      $case: 'topk',
      value: { k: 8, auxkAlpha: 0, kAux: 4 },
    });
    expect(parse({ recipe: 'batchtopk', k: '8', thresholdRate: '0.1' }).recipe).toMatchObject({
      $case: 'batchtopk',
      value: { k: 8, thresholdRate: 0.1 },
    });
    expect(parse({ recipe: 'jumprelu', targetL0: '20', bandwidth: '0.01' }).recipe).toMatchObject({
      $case: 'jumprelu',
      value: { targetL0: 20, bandwidth: 0.01, lambda: undefined },
    });
    expect(parse({ recipe: 'gated', lambda: '2', lambdaWarmup: '0.1' }).recipe).toEqual({
      $case: 'gated',
      value: { lambda: 2, lambdaWarmupFraction: 0.1 },
    });
    expect(parse({ recipe: 'matryoshka', k: '4', prefixes: '8, 16,64' }).recipe).toMatchObject({
      $case: 'matryoshka',
      value: { k: 4, prefixes: [8, 16, 64] },
    });
  });

  test('reads the choices that every recipe has, and leaves them open where they are not stated', () => {
    const stated = { decayShape: 'cosine', inputScale: 'none', bDecStart: 'geometric_median' };
    expect(parse({ k: '8', ...stated })).toMatchObject({
      decayShape: 'DECAY_SHAPE_COSINE',
      inputScale: 'INPUT_SCALE_NONE',
      bDecStart: 'DECODER_BIAS_START_GEOMETRIC_MEDIAN',
    });
    expect(parse({ k: '8' })).toMatchObject({
      decayShape: 'DECAY_SHAPE_UNSPECIFIED',
      inputScale: 'INPUT_SCALE_UNSPECIFIED',
      bDecStart: 'DECODER_BIAS_START_UNSPECIFIED',
    });
  });

  test.each([
    [{ recipe: 'batchtopk' }, /--k is missing: the recipe batchtopk selects k features/],
    [{ k: '65' }, /--k 65 is more than --d-sae 64/],
    [{ recipe: 'standard', k: '8' }, /recipe standard has no --k; topk, batchtopk, matryoshka have it/],
    [{ k: '8', lambda: '1' }, /recipe topk has no --lambda; standard, jumprelu, gated have it/],
    [{ recipe: 'matryoshka', k: '8', prefixes: '8,x' }, /--prefixes "x" must be a whole number/],
    [{ recipe: 'gated', lambda: '-1' }, /--lambda "-1" must be a number/],
  ])('refuses %j', (options, message) => {
    expect(() => parse(options)).toThrow(message);
  });
});
