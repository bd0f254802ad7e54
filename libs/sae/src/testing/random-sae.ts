import type { Architecture, Sae, SaeConfig } from '../sae.ts';

/** A small linear congruential generator in [−1, 1), so that failing tests repeat. */
export function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Returns `length` values of `noise` as f32. */
export function noiseArray(noise: () => number, length: number): Float32Array {
  return Float32Array.from({ length }, noise);
}

/** A random SAE of the given architecture, for tests. */
export function randomSae(architecture: Architecture, overrides: Partial<SaeConfig> = {}, seed = 1): Sae {
  const noise = createNoise(seed);
  const cfg: SaeConfig = {
    architecture,
    d_in: 10,
    d_sae: 37,
    dtype: 'float32',
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    ...(architecture === 'topk' && { k: 5, rescale_acts_by_decoder_norm: false }),
    metadata: { hook_name: 'blocks.2.hook_resid_post' },
    ...overrides,
  };
  const { d_in, d_sae } = cfg;
  return {
    cfg,
    W_enc: noiseArray(noise, d_in * d_sae),
    b_enc: architecture === 'gated' ? new Float32Array(d_sae) : noiseArray(noise, d_sae),
    W_dec: noiseArray(noise, d_in * d_sae),
    b_dec: noiseArray(noise, d_in),
    ...(['jumprelu', 'batchtopk', 'matryoshka'].includes(architecture) && {
      threshold: noiseArray(noise, d_sae).map(Math.abs),
    }),
    ...(architecture === 'gated' && {
      b_gate: noiseArray(noise, d_sae),
      b_mag: noiseArray(noise, d_sae),
      r_mag: noiseArray(noise, d_sae),
    }),
  };
}
