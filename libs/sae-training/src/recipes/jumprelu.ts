import { FacetError } from '@facet/errors';
import { requireRange } from '../checks.ts';
import { tiedWeights } from '../weights/tied-weights.ts';
import { penaltyRate } from './learning-rates.ts';
import type { Recipe } from './recipe.ts';
import type { JumpreluRecipeConfig } from './recipe-config.ts';
import { MAX_LAMBDA } from './standard.ts';

/**
 * How far thresholds can go in a run at least, whatever its learning rate and length; rows of unit mean square have
 * pre-activations below it.
 */
const THRESHOLD_REACH = 1;

/**
 * Rajamanoharan et al. 2024b and Lieberum et al. 2024 (Gemma Scope): loss = mean ‖x − x̂‖² + λ Σ H(pre − θ), or
 * λ(l0/l0* − 1)², f = pre·H(pre − θ), no b_dec before the encoder, unit decoder rows, rows of unit mean
 * square. θ itself is trained, not log θ: from 0.001 Adam would move log θ by the rate a step, and θ nowhere.
 */
export const jumpreluRecipe: Recipe<JumpreluRecipeConfig> = {
  revision: 2,
  subtracts_b_dec: false,
  unit_decoder: true,
  vectors: ['threshold'],
  vector_rates: ({ learning_rate, steps }) => ({
    threshold: Math.max(1, THRESHOLD_REACH / (learning_rate * steps)),
  }),
  defaults: (sizes) => ({
    learning_rate: penaltyRate(7e-5, sizes),
    warmup_steps: Math.min(1000, Math.floor(sizes.steps / 20)),
    input_scale: 'unit_mean_square',
    b_dec_start: 'zero',
    beta1: 0,
  }),
  resolve(config, { d_sae }) {
    const { target_l0 = 0, lambda_warmup_fraction = 0.05 } = config;
    const { initial_threshold = 0.001, bandwidth = 0.001 } = config;
    const lambda = config.lambda ?? (target_l0 > 0 ? 1 : lambdaMissing());
    requireRange('jumprelu.lambda', lambda, 0, MAX_LAMBDA);
    requireRange('jumprelu.lambda_warmup_fraction', lambda_warmup_fraction, 0, 1);
    requireRange('jumprelu.target_l0', target_l0, 0, d_sae);
    requireRange('jumprelu.initial_threshold', initial_threshold, 1e-30, 1e30);
    requireRange('jumprelu.bandwidth', bandwidth, 1e-30, 1e30);
    return { name: 'jumprelu', lambda, lambda_warmup_fraction, target_l0, initial_threshold, bandwidth };
  },
  target_l0: ({ target_l0 }) => target_l0,
  initialise(config) {
    const threshold = new Float32Array(config.d_sae).fill(config.recipe.initial_threshold);
    return { ...tiedWeights(config, 1), vectors: { threshold } };
  },
  publish: (_, { vectors }) => ({
    cfg: { architecture: 'jumprelu' },
    tensors: { threshold: vectors!.threshold.map((theta) => Math.max(0, theta)) },
    metadata: { trained_as: 'jumprelu' },
  }),
};

function lambdaMissing(): never {
  throw new FacetError(
    'invalid',
    'jumprelu.lambda is missing; state it, or state jumprelu.target_l0 (for example 50)',
    { field: 'spec.jumprelu.lambda' },
  );
}
