import type { Sae } from './sae.ts';

/** Returns ‖W_dec_i‖ of every feature [d_sae], summed in f64. */
export function decoderNorms({ cfg: { d_in, d_sae }, W_dec }: Sae): Float64Array {
  const norms = new Float64Array(d_sae);
  for (let i = 0; i < d_sae; i++) {
    let sum = 0;
    for (let j = i * d_in; j < (i + 1) * d_in; j++) sum += W_dec[j] * W_dec[j];
    norms[i] = Math.sqrt(sum);
  }
  return norms;
}
