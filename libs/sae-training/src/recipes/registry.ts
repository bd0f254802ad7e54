import { FacetError } from '@facet/errors';
import { batchtopkRecipe } from './batchtopk.ts';
import { gatedRecipe } from './gated.ts';
import { jumpreluRecipe } from './jumprelu.ts';
import { matryoshkaRecipe } from './matryoshka.ts';
import type { Recipe } from './recipe.ts';
import type { RecipeConfig } from './recipe-config.ts';
import { standardRecipe } from './standard.ts';
import { topkRecipe } from './topk.ts';

/** Every recipe, by name. */
const RECIPES = {
  standard: standardRecipe,
  topk: topkRecipe,
  batchtopk: batchtopkRecipe,
  jumprelu: jumpreluRecipe,
  gated: gatedRecipe,
  matryoshka: matryoshkaRecipe,
} satisfies { [Name in RecipeConfig['name']]: Recipe<Extract<RecipeConfig, { name: Name }>> };

/** Names of all recipes. */
export const RECIPE_NAMES = Object.keys(RECIPES) as readonly RecipeConfig['name'][];

/** Finds the recipe of a configuration; a name that there is not is refused. */
export function recipeOf<Config extends RecipeConfig>(config: Config): Recipe<Config> {
  // The table pairs every name with the recipe of that configuration; its type cannot say so for a union.
  if (Object.hasOwn(RECIPES, config.name)) return RECIPES[config.name] as unknown as Recipe<Config>;
  const message = `there is no recipe "${config.name}"; use ${RECIPE_NAMES.join(', ')}`;
  throw new FacetError('invalid', message, { field: 'spec.recipe' });
}
