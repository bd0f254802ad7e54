import { parseCount } from '@facet/console';
import { type TrainingSpec, TrainingVariant } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { Command } from 'commander';
import {
  addRecipeDetails,
  parseChoices,
  parseRecipe,
  RECIPE_NAMES,
  type RecipeName,
  type RecipeOptions,
  refuseForeign,
  settingsOf,
} from './recipe.ts';
import { addStepOptions, D_SAE, parseStepOptions, type StepOptions } from './training.ts';

/** Options that `addSweepOptions` adds, as commander gives them; lists are separated by commas. */
export interface SweepOptions extends RecipeOptions, StepOptions {
  dSae: string;
}

/** One SAE of a sweep, and what tells it from the others: `topk-1024-k16`. */
export interface NamedVariant {
  name: string;
  variant: TrainingVariant;
}

/** The options that decide how many features fire, in the order in which a recipe looks for its own. */
const SPARSITIES = ['k', 'targetL0', 'lambda'] as const;
const SHORT = { k: 'k', targetL0: 'l0-', lambda: 'lambda' } as const;

/** Adds the options that span a grid of SAEs, and those that all of them share. */
export function addSweepOptions(command: Command): Command {
  const recipes = `how to train; some of ${RECIPE_NAMES.join(', ')}`;
  command
    .option('--recipe <names>', recipes, 'topk')
    .requiredOption('--d-sae <counts>', 'numbers of features, such as 1024,4096')
    .option('--k <counts>', 'features that fire for a token, such as 8,16,32 (topk, batchtopk, matryoshka)')
    .option('--target-l0 <counts>', 'features per token that the penalty pulls to (jumprelu)')
    .option(
      '--lambda <weights>',
      'weights of the penalty (standard, gated: 5; jumprelu where it has no --target-l0)',
    );
  return addStepOptions(addRecipeDetails(command));
}

/** Makes the part of a TrainingSpec that all SAEs share, and the SAEs: every recipe at every size and sparsity. */
export function parseSweepOptions(options: SweepOptions): {
  shared: Partial<TrainingSpec>;
  variants: NamedVariant[];
} {
  const recipes = listOf(options.recipe).map(parseRecipeName);
  const sizes = listOf(options.dSae).map((text) => parseCount(text, '--d-sae', D_SAE));
  refuseForeign(options, recipes);
  const variants = recipes.flatMap((recipe) =>
    sizes.flatMap((dSae) => variantsOf(ownOptions(options, recipe), dSae)),
  );
  refuseTwice(variants);
  return { shared: { ...parseChoices(options), ...parseStepOptions(options) }, variants };
}

function listOf(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function parseRecipeName(text: string): RecipeName {
  const name = RECIPE_NAMES.find((recipe) => recipe === text);
  if (name) return name;
  const message = `--recipe ${JSON.stringify(text)} is not one of ${RECIPE_NAMES.join(', ')}`;
  throw new FacetError('invalid', message);
}

/** The options as a recipe sees them: without the settings that only others have. */
function ownOptions(options: SweepOptions, recipe: RecipeName): RecipeOptions {
  const own = settingsOf(recipe);
  const foreign = new Set(RECIPE_NAMES.flatMap(settingsOf).filter((key) => !own.includes(key)));
  const kept = Object.entries(options).filter(([key]) => !foreign.has(key as keyof RecipeOptions));
  return { ...(Object.fromEntries(kept) as unknown as RecipeOptions), recipe };
}

function variantsOf(options: RecipeOptions, dSae: number): NamedVariant[] {
  const { k, targetL0, lambda, ...others } = options;
  const values = { k, targetL0, lambda };
  // A penalty that pulls to an l0 has the weight 1: what --lambda lists is for other recipes then.
  const key = SPARSITIES.find((candidate) => values[candidate] !== undefined);
  const size = `${options.recipe}-${dSae}`;
  const variantOf = (name: string, own: RecipeOptions): NamedVariant => {
    const { recipe } = parseRecipe(own, dSae);
    return { name, variant: TrainingVariant.fromPartial({ dSae, recipe }) };
  };
  if (key === undefined) return [variantOf(size, others)];
  return listOf(values[key]!).map((value) =>
    variantOf(`${size}-${SHORT[key]}${value.toLowerCase()}`, { ...others, [key]: value }),
  );
}

function refuseTwice(variants: readonly NamedVariant[]): void {
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new FacetError('invalid', `the sweep has ${twice} twice; name each value once`);
}
