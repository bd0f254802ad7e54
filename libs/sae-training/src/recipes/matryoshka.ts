import { FacetError } from '@facet/errors';
import { requireRange } from '../checks.ts';
import { cpuMatryoshkaGradients } from '../engines/cpu/cpu-matryoshka.ts';
import { tfjsMatryoshkaGradients } from '../engines/tfjs/tfjs-matryoshka.ts';
import { tiedWeights } from '../weights/initial-weights.ts';
import { defaultThresholdRate, thresholdForm } from './batchtopk.ts';
import type { Recipe } from './recipe.ts';
import { resolveSelection, type SelectionConfig, selectionDefaults } from './topk.ts';

/** Matryoshka BatchTopK: nested prefixes of the features each reconstruct alone (Bussmann et al. 2025). */
export interface MatryoshkaRecipeConfig extends SelectionConfig {
  name: 'matryoshka';
  /** Numbers of features of the nested SAEs, ascending, the last d_sae. @default d_sae/16, /8, /4, /2, d_sae */
  prefixes?: readonly number[];
  /**
   * How fast the threshold follows the smallest activation that is selected.
   * @default 50 / steps, at least 0.01, at most 1
   */
  threshold_rate?: number;
}

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
  cpu: cpuMatryoshkaGradients,
  tfjs: tfjsMatryoshkaGradients,
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
