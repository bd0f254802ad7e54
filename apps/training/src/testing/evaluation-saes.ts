import { createRandom } from '@facet/random';
import type { Sae } from '@facet/sae';
import { STORY_D_IN } from './story-set.ts';

/** A standard SAE of zeros over the stories' model, filled in by `fill`. */
export function standardSae(fill: (sae: Sae) => void): Sae {
  const [d_in, d_sae] = [STORY_D_IN, 2 * STORY_D_IN];
  const sae: Sae = {
    cfg: {
      architecture: 'standard',
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: false,
      normalize_activations: 'none',
      metadata: {},
    },
    W_enc: new Float32Array(d_in * d_sae),
    b_enc: new Float32Array(d_sae),
    W_dec: new Float32Array(d_sae * d_in),
    b_dec: new Float32Array(d_in),
  };
  fill(sae);
  return sae;
}

/** Features come in pairs ±: x̂ = ReLU(x) − ReLU(−x) = x. */
export const identity = standardSae(({ W_enc, W_dec, cfg: { d_in, d_sae } }) => {
  for (let i = 0; i < d_sae; i++) {
    const [j, sign] = [i >> 1, i % 2 === 0 ? 1 : -1];
    W_enc[j * d_sae + i] = sign;
    W_dec[i * d_in + j] = sign;
  }
});

/** No feature ever fires: x̂ = b_dec. */
export function silent(b_dec: Float32Array): Sae {
  return standardSae((sae) => {
    sae.b_enc.fill(-1e9);
    sae.b_dec.set(b_dec);
  });
}

/** Random directions of which only the k strongest may fire, although far more exceed the stated threshold. */
export function randomTopk(k: number): Sae {
  const random = createRandom(3n);
  const sae = standardSae(({ W_enc, W_dec, b_dec, cfg: { d_in, d_sae } }) => {
    for (let i = 0; i < d_sae; i++)
      for (let j = 0; j < d_in; j++) {
        const value = random.gaussian() / Math.sqrt(d_in);
        W_dec[i * d_in + j] = value;
        W_enc[j * d_sae + i] = value;
      }
    for (let j = 0; j < d_in; j++) b_dec[j] = 0.1 * random.gaussian();
  });
  const metadata = { inference_threshold: 0 };
  return { ...sae, cfg: { ...sae.cfg, architecture: 'topk', k, apply_b_dec_to_input: true, metadata } };
}
