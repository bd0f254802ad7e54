import { FacetError } from '@facet/errors';
import { requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import { defaultThresholdRate, thresholdForm } from './batchtopk.ts';
import type { Recipe } from './recipe.ts';
import type { MatryoshkaRecipeConfig } from './recipe-config.ts';
import { resolveSelection, selectionDefaults } from './topk.ts';

/** Most nested SAEs: each keeps a batch of residuals. */
export const MAX_PREFIXES = 16;

/**
 * Bussmann et al. 2025 §3: Σ_m mean ‖x − x̂_m‖² + α·AuxK, where x̂_m decodes the features below prefix m
 * among the B·k that the whole batch selects, and AuxK fits what the whole SAE leaves.
 */
export const matryoshkaRecipe: Recipe<MatryoshkaRecipeConfig> = {
  subtracts_b_dec: true,
  unit_decoder: true,
  vectors: [],
  defaults: selectionDefaults,
  resolve(config, sizes) {
    const { threshold_rate = defaultThresholdRate(sizes), prefixes = defaultPrefixes(sizes.d_sae) } = config;
    requireRange('matryoshka.threshold_rate', threshold_rate, Number.MIN_VALUE, 1);
    requirePrefixes(prefixes, sizes.d_sae);
    const selection = resolveSelection(config, sizes);
    return { name: 'matryoshka', ...selection, prefixes: [...prefixes], threshold_rate };
  },
  target_l0: ({ k }) => k,
  initialise: (config) => tiedWeights(config, 1),
  publish: ({ recipe: { k, prefixes } }, weights) => {
    const metadata = { trained_as: 'matryoshka', training_k: k, matryoshka_prefixes: [...prefixes] };
    return { ...thresholdForm(weights), metadata };
  },
};

function defaultPrefixes(d_sae: number): number[] {
  const sizes = [16, 8, 4, 2, 1].map((part) => Math.floor(d_sae / part));
  return [...new Set(sizes)].filter((size) => size > 0);
}

function requirePrefixes(prefixes: readonly number[], d_sae: number): void {
  const ascending = prefixes.every((size, m) => Number.isInteger(size) && size > (prefixes[m - 1] ?? 0));
  if (ascending && prefixes.at(-1) === d_sae && prefixes.length <= MAX_PREFIXES) return;
  const message =
    `matryoshka.prefixes is ${prefixes.slice(0, MAX_PREFIXES).join(', ')} (${prefixes.length} numbers); give 1 to ${MAX_PREFIXES} ascending integers ` +
    `that end with d_sae ${d_sae}`;
  throw new FacetError('invalid', message, { field: 'spec.matryoshka.prefixes' });
}
