import { requireInteger, requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import { penaltyRate } from './learning-rates.ts';
import type { Recipe } from './recipe.ts';
import type { StandardRecipeConfig } from './recipe-config.ts';

/** Largest sparsity coefficient λ. */
export const MAX_LAMBDA = 1e9;

/** Length of decoder rows at the beginning. */
export const SMALL_DECODER_NORM = 0.1;

/**
 * Anthropic, "Update on how we train SAEs" (Circuits Updates, April 2024): loss = mean ‖x − x̂‖² + λ Σ_i
 * f_i‖W_dec_i‖, f = ReLU(x W_enc + b_enc), rows scaled to mean norm √d_in. Decoder rows of norm 0.1 in random
 * directions, W_enc = W_decᵀ, biases 0. Dead features may be resampled as in "Towards Monosemanticity" (2023).
 */
export const standardRecipe: Recipe<StandardRecipeConfig> = {
  subtracts_b_dec: false,
  unit_decoder: false,
  vectors: [],
  defaults: (sizes) => ({
    learning_rate: penaltyRate(5e-5, sizes),
    warmup_steps: 0,
    input_scale: 'expected_average_only_in',
    b_dec_start: 'zero',
    beta1: 0.9,
  }),
  resolve(config) {
    const { lambda = 5, lambda_warmup_fraction = 0.05, resample_every = 0 } = config;
    requireRange('standard.lambda', lambda, 0, MAX_LAMBDA);
    requireRange('standard.lambda_warmup_fraction', lambda_warmup_fraction, 0, 1);
    requireInteger('standard.resample_every', resample_every, 0, Number.MAX_SAFE_INTEGER);
    return { name: 'standard', lambda, lambda_warmup_fraction, resample_every };
  },
  initialise: (config) => tiedWeights(config, SMALL_DECODER_NORM),
  publish: () => ({ cfg: { architecture: 'standard' }, metadata: { trained_as: 'standard' } }),
};
