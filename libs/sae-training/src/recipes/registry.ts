import { FacetError } from '@facet/errors';
import type { RecipeConfig } from '../config.ts';
import type { Recipe } from './recipe.ts';
import { topkRecipe } from './topk.ts';

/** Every recipe that is implemented, by name. */
const RECIPES: Readonly<Record<string, Recipe<RecipeConfig>>> = { topk: topkRecipe };

/** Recipes that the field uses and that Facet will learn. */
const PLANNED = ['standard', 'batchtopk', 'jumprelu', 'gated', 'matryoshka'];

/** Finds the recipe of a configuration; one that is not implemented is refused by its name. */
export function recipeOf(config: { name: string }): Recipe<RecipeConfig> {
  const recipe = RECIPES[config.name];
  if (recipe) return recipe;
  const known = Object.keys(RECIPES).join(', ');
  if (PLANNED.includes(config.name)) {
    throw new FacetError('unimplemented', `the recipe ${config.name} is not implemented; use ${known}`);
  }
  throw new FacetError('invalid', `there is no recipe "${config.name}"; use ${known}`, {
    field: 'spec.recipe',
  });
}
