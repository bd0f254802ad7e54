import { FacetError } from '@facet/errors';
import { decoderNorms } from './decoder-norms.ts';
import type { Sae, SparseActivations } from './sae.ts';

/**
 * Decodes sparse activations into x̂ = f W_dec + b_dec [rows, d_in]; f is divided by ‖W_dec_i‖ first where
 * it was rescaled.
 */
export function decode(sae: Sae, { rows, offsets, indices, values }: SparseActivations): Float32Array {
  const { d_in, d_sae, rescale_acts_by_decoder_norm } = sae.cfg;
  const norms = rescale_acts_by_decoder_norm ? decoderNorms(sae) : undefined;
  const x_hat = new Float32Array(rows * d_in);
  const sum = new Float64Array(d_in);
  for (let r = 0; r < rows; r++) {
    sum.set(sae.b_dec);
    for (let e = offsets[r]; e < offsets[r + 1]; e++) {
      const i = indices[e];
      if (i >= d_sae) throw new FacetError('invalid', `feature ${i} does not exist; d_sae is ${d_sae}`);
      const f = norms ? values[e] / norms[i] : values[e];
      for (let j = 0, w = i * d_in; j < d_in; j++, w++) sum[j] += f * sae.W_dec[w];
    }
    x_hat.set(sum, r * d_in);
  }
  return x_hat;
}
