import type { RecipeSizes } from './recipe.ts';

/** The learning rate of recipes that select features: 2e-4 at 2¹⁴ of them, falling with their root (Gao et al. 2024 §2.3). */
export function selectionRate({ d_sae }: Pick<RecipeSizes, 'd_sae'>): number {
  return 2e-4 / Math.sqrt(d_sae / 2 ** 14);
}

/**
 * The learning rate of a recipe with a penalty: its paper's, which is for runs of 10⁵ steps. Adam moves a weight by at most the
 * rate a step, so a run too short for weights to go by 1 takes a higher one, up to that of recipes that select.
 */
export function penaltyRate(paper: number, { d_sae, steps }: Pick<RecipeSizes, 'd_sae' | 'steps'>): number {
  return Math.max(paper, Math.min(selectionRate({ d_sae }), 1 / steps));
}
