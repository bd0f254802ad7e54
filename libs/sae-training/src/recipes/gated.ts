import { requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import { penaltyRate } from './learning-rates.ts';
import type { Recipe } from './recipe.ts';
import type { GatedRecipeConfig } from './recipe-config.ts';
import { MAX_LAMBDA } from './standard.ts';

/**
 * Rajamanoharan et al. 2024a §3.2: loss = mean ‖x − x̂‖² + λ Σ_i ReLU(π_gate_i)‖W_dec_i‖ + ‖x − (ReLU(π_gate) W_dec +
 * b_dec)‖², W_dec and b_dec held fixed in the last term. Decoder rows have unit length: with lengths of their own they shrink
 * and grow against the penalty, and far more features fire. Of the weights, b_enc is b_gate; W_enc begins as W_decᵀ.
 */
export const gatedRecipe: Recipe<GatedRecipeConfig> = {
  revision: 2,
  subtracts_b_dec: true,
  unit_decoder: true,
  vectors: ['b_mag', 'r_mag'],
  defaults: (sizes) => ({
    learning_rate: penaltyRate(5e-5, sizes),
    warmup_steps: 0,
    input_scale: 'expected_average_only_in',
    b_dec_start: 'zero',
    beta1: 0,
  }),
  resolve(config) {
    const { lambda = 5, lambda_warmup_fraction = 0.05 } = config;
    requireRange('gated.lambda', lambda, 0, MAX_LAMBDA);
    requireRange('gated.lambda_warmup_fraction', lambda_warmup_fraction, 0, 1);
    return { name: 'gated', lambda, lambda_warmup_fraction };
  },
  initialise(config) {
    const { d_sae } = config;
    const vectors = { b_mag: new Float32Array(d_sae), r_mag: new Float32Array(d_sae) };
    return { ...tiedWeights(config, 1), vectors };
  },
  publish: ({ d_sae }, { b_enc: b_gate, vectors }) => ({
    cfg: { architecture: 'gated' },
    tensors: {
      b_enc: new Float32Array(d_sae),
      b_gate,
      b_mag: vectors!.b_mag,
      r_mag: vectors!.r_mag,
    },
    metadata: { trained_as: 'gated' },
  }),
};
