import { Command } from 'commander';
import { addSweepOptions, parseSweepOptions, type SweepOptions } from './sweep.ts';

function parse(...args: string[]) {
  const command = addSweepOptions(new Command().exitOverride());
  command.parse(args, { from: 'user' });
  return parseSweepOptions(command.opts<SweepOptions>());
}

const namesOf = (...args: string[]) => parse(...args).variants.map(({ name }) => name);

describe('parseSweepOptions', () => {
  test('spans every recipe at every size and sparsity', () => {
    const { variants } = parse('--recipe', 'topk, batchtopk', '--d-sae', '1k,4096', '--k', '8,16');
    expect(variants.map(({ name }) => name)).toEqual([
      'topk-1000-k8',
      'topk-1000-k16',
      'topk-4096-k8',
      'topk-4096-k16',
      'batchtopk-1000-k8',
      'batchtopk-1000-k16',
      'batchtopk-4096-k8',
      'batchtopk-4096-k16',
    ]);
    expect(variants[3]!.variant).toMatchObject({ dSae: 4096, recipe: { $case: 'topk', value: { k: 16 } } });
    expect(variants[4]!.variant).toMatchObject({
      dSae: 1000,
      recipe: { $case: 'batchtopk', value: { k: 8 } },
    });
  });

  test('gives each recipe the sparsities that it has', () => {
    const recipes = ['--recipe', 'topk,standard,jumprelu,gated', '--d-sae', '64'];
    const { variants } = parse(...recipes, '--k', '8', '--lambda', '0.5,2', '--target-l0', '6,12');
    expect(variants.map(({ name }) => name)).toEqual([
      'topk-64-k8',
      'standard-64-lambda0.5',
      'standard-64-lambda2',
      'jumprelu-64-l0-6',
      'jumprelu-64-l0-12',
      'gated-64-lambda0.5',
      'gated-64-lambda2',
    ]);
    const recipeOf = (i: number) => variants[i]!.variant.recipe?.value;
    expect(recipeOf(2)).toMatchObject({ lambda: 2 });
    expect(recipeOf(3)).toMatchObject({ targetL0: 6, lambda: undefined });
  });

  test('spans weights of jumprelu where no l0 is aimed at, and takes the default where a recipe has one', () => {
    expect(namesOf('--recipe', 'jumprelu', '--d-sae', '64', '--lambda', '1e-3,1e-2')).toEqual([
      'jumprelu-64-lambda1e-3',
      'jumprelu-64-lambda1e-2',
    ]);
    expect(namesOf('--recipe', 'standard', '--d-sae', '64,128')).toEqual(['standard-64', 'standard-128']);
  });

  test('shares the other settings, each with the recipes that have it', () => {
    const options = ['--recipe', 'topk,jumprelu', '--d-sae', '64', '--k', '8', '--target-l0', '8'];
    const details = ['--auxk-alpha', '0', '--bandwidth', '0.01', '--decay-shape', 'cosine'];
    const { shared, variants } = parse(...options, ...details, '--batch', '512', '--seed', '7');
    expect(shared).toMatchObject({ batchTokens: 512, seed: 7n, decayShape: 'DECAY_SHAPE_COSINE' });
    expect(shared).not.toHaveProperty('recipe');
    expect(variants[0]!.variant.recipe?.value).toMatchObject({ auxkAlpha: 0 });
    expect(variants[1]!.variant.recipe?.value).toMatchObject({ bandwidth: 0.01 });
  });

  test.each([
    [['--d-sae', '64'], /--k is missing: the recipe topk selects k features/],
    [['--d-sae', '64', '--k', '8,x'], /--k "x" must be a whole number/],
    [['--d-sae', '64,', '--k', '8'], /--d-sae "" must be a whole number/],
    [['--d-sae', '64', '--k', '8,65'], /--k 65 is more than --d-sae 64/],
    [['--d-sae', '64', '--k', '8,8'], /the sweep has topk-64-k8 twice/],
    [['--d-sae', '64', '--k', '8', '--recipe', 'topk,vanilla'], /--recipe "vanilla" is not one of topk, /],
    [
      ['--d-sae', '64', '--recipe', 'standard,gated', '--k', '8'],
      /recipe standard, gated has no --k; topk, batchtopk, matryoshka have it/,
    ],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
