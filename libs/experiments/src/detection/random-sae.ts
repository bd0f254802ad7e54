import { createRandom } from '@facet/random';
import type { Sae } from '@facet/sae';

/**
 * Makes a topk SAE that learned nothing: random unit directions [d_sae, d_in] as decoder, the same as encoder, and the mean of `rows`
 * as b_dec. What its best features tell about concepts, any SAE of this size tells by chance.
 */
export function createRandomSae(
  rows: Float32Array,
  { d_in, d_sae, k, seed }: { d_in: number; d_sae: number; k: number; seed: bigint },
): Sae {
  const random = createRandom(seed);
  const W_dec = new Float32Array(d_sae * d_in);
  const W_enc = new Float32Array(d_in * d_sae);
  for (let feature = 0; feature < d_sae; feature++) {
    const row = Float64Array.from({ length: d_in }, () => random.gaussian());
    const norm = Math.hypot(...row);
    for (let i = 0; i < d_in; i++) {
      W_dec[feature * d_in + i] = row[i] / norm;
      W_enc[i * d_sae + feature] = row[i] / norm;
    }
  }
  const cfg = {
    architecture: 'topk' as const,
    d_in,
    d_sae,
    dtype: 'float32' as const,
    apply_b_dec_to_input: true,
    normalize_activations: 'none' as const,
    k,
    rescale_acts_by_decoder_norm: false,
    metadata: { model_name: 'random', hook_name: 'random', context_size: 1, prepend_bos: true },
  };
  return { cfg, W_enc, b_enc: new Float32Array(d_sae), W_dec, b_dec: meanRow(rows, d_in) };
}

function meanRow(rows: Float32Array, d_in: number): Float32Array {
  const sum = new Float64Array(d_in);
  for (let at = 0; at < rows.length; at++) sum[at % d_in] += rows[at];
  return Float32Array.from(sum, (value) => (value * d_in) / rows.length);
}
