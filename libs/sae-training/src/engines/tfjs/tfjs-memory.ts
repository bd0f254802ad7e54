import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../../config.ts';
import { recipeOf } from '../../recipes/registry.ts';
import type { EngineMemoryPlan } from '../engine.ts';
import { tfjsGradientsOf } from './tfjs-recipes.ts';

/** Elements of one tensor: places in it are 32-bit integers. */
const MAX_ELEMENTS = 2 ** 31 - 1;
/** Matrices [d_sae, d_in] that a step holds at most besides weights, moments and gradients. */
const UPDATE_MATRICES = 8;
/** Matrices [batch_rows, d_in] that a step holds at most. */
const ROW_MATRICES = 8;

/** Plans what tfjs allocates on its backend, wherever that has its memory. Throws `invalid` where a batch has no places. */
export function planTfjs(config: ResolvedConfig): EngineMemoryPlan {
  const { d_in, d_sae, batch_rows: rows } = config;
  requireAddressable(config);
  const { vectors } = recipeOf(config.recipe);
  const { matrices } = tfjsGradientsOf(config.recipe);
  const errors = 'prefixes' in config.recipe ? 2 * config.recipe.prefixes.length : 0;
  const weights_bytes = 4 * (2 * d_sae * d_in + (1 + vectors.length) * d_sae + d_in);
  const pre_activations_bytes = 4 * rows * d_sae;
  return {
    weights_bytes,
    optimizer_bytes: 3 * weights_bytes + 4 * UPDATE_MATRICES * d_sae * d_in,
    gradients_bytes: weights_bytes,
    batch_bytes: matrices * pre_activations_bytes + 4 * (ROW_MATRICES + errors) * rows * d_in,
    pre_activations_bytes,
    one_memory: config.engine === 'tfjs:wasm',
  };
}

function requireAddressable({ batch_rows, d_sae }: ResolvedConfig): void {
  if (batch_rows * d_sae <= MAX_ELEMENTS) return;
  const message =
    `engine tfjs holds all pre-activations of a batch, and batch_tokens ${batch_rows} × d_sae ${d_sae} is more than ` +
    `${MAX_ELEMENTS}; lower batch_tokens`;
  throw new FacetError('invalid', message, { field: 'spec.batch_tokens' });
}
