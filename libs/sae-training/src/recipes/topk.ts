import { createRandom } from '@facet/random';
import { requireInteger, requireRange } from '../checks.ts';
import type { ResolvedConfig } from '../config.ts';
import { cpuTopkGradients } from '../cpu/cpu-topk.ts';
import { geometricMedian } from '../geometric-median.ts';
import type { Weights } from '../weights.ts';
import type { Recipe } from './recipe.ts';

/** Rows of the first batch that the geometric median is taken of; more would only take longer. */
const MEDIAN_ROWS = 4096;

/** TopK with an auxiliary loss for dead features (Gao et al. 2024). */
export interface TopkRecipeConfig {
  name: 'topk';
  /** Features that fire for a row. */
  k: number;
  /** Weight of the auxiliary loss; 0 turns it off. @default 1/32 */
  auxk_alpha?: number;
  /** Dead features in the auxiliary loss. @default d_in / 2 */
  k_aux?: number;
}

/**
 * Gao et al. 2024 §2.3–2.4: loss = mean ‖x − x̂‖² + α·AuxK. Decoder rows have unit length and their gradient
 * has no part along them; W_enc begins as W_decᵀ, b_enc at 0, b_dec at the geometric median of the first
 * batch.
 */
export const topkRecipe: Recipe<TopkRecipeConfig> = {
  architecture: 'topk',
  resolve(config, { d_in, d_sae }) {
    requireInteger('topk.k', config.k, 1, d_sae);
    const resolved = {
      name: 'topk' as const,
      k: config.k,
      auxk_alpha: config.auxk_alpha ?? 1 / 32,
      k_aux: Math.min(d_sae, config.k_aux ?? Math.max(1, Math.floor(d_in / 2))),
    };
    requireRange('topk.auxk_alpha', resolved.auxk_alpha, 0, 1000);
    requireInteger('topk.k_aux', resolved.k_aux, 1, d_sae);
    return resolved;
  },
  initialise: ({ d_in, d_sae, seed }: ResolvedConfig, x, rows): Weights => {
    const random = createRandom(seed);
    const W_dec = new Float32Array(d_sae * d_in);
    for (let i = 0; i < d_sae; i++) {
      const row = Float64Array.from({ length: d_in }, () => random.gaussian());
      const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
      for (let j = 0; j < d_in; j++) W_dec[i * d_in + j] = row[j] / norm;
    }
    const b_dec = geometricMedian(x, Math.min(rows, MEDIAN_ROWS), d_in);
    return { W_enc: W_dec.slice(), b_enc: new Float32Array(d_sae), W_dec, b_dec };
  },
  cpu: cpuTopkGradients,
};
