import { decoderNorms } from '../decoder-norms.ts';
import { type Sae, usesThreshold } from '../sae.ts';
import { affine, largest, minus, type SourceModel, thresholded } from '../source-model.ts';

/** What SAELens multiplies by besides the weights. */
export interface SaelensFactors {
  /** [d_sae]; multiplies f before decoding. */
  factors?: Float32Array | undefined;
  /** Multiplies x before encoding and divides x̂. */
  inputScale?: number | undefined;
}

/**
 * SAELens's equations (sae_lens/saes/*.py) on its tensors as stored, with x_c = s·x − b_dec·[apply_b_dec_to_input]:
 *
 *     pre = (x_c W_enc + b_enc)·[‖W_dec‖ where rescaled];  gated: gate x_c W_enc + b_gate, magnitude x_c (W_enc·exp(r_mag)) + b_mag
 *     x̂ = (f·factors / [‖W_dec‖ where rescaled] W_dec + b_dec) / s
 */
export function saelensModel(sae: Sae, { factors, inputScale = 1 }: SaelensFactors = {}): SourceModel {
  const { cfg, W_enc, b_enc, W_dec, b_dec } = sae;
  const { d_in, d_sae } = cfg;
  const encoder = { values: W_enc, inputs: d_in, outputs: d_sae, layout: 'input-output' } as const;
  const decoder = { values: W_dec, inputs: d_sae, outputs: d_in, layout: 'input-output' } as const;
  const norms = cfg.rescale_acts_by_decoder_norm ? decoderNorms(sae) : undefined;
  return {
    encode(x) {
      const scaled = x.map((value) => value * inputScale);
      const x_c = cfg.apply_b_dec_to_input ? minus(scaled, b_dec) : scaled;
      if (cfg.architecture === 'gated') return gated(sae, affine(encoder, x_c));
      const pre = affine(encoder, x_c, b_enc).map((z, i) => (norms ? z * norms[i] : z));
      if (cfg.architecture === 'topk') return largest(pre, cfg.k!);
      return thresholded(pre, usesThreshold(cfg.architecture) ? sae.threshold : undefined);
    },
    decode(f) {
      const acts = f.map((value, i) => (value * (factors?.[i] ?? 1)) / ((norms?.[i] ?? 1) || 1));
      return affine(decoder, acts, b_dec).map((value) => value / inputScale);
    },
  };
}

/** f = [p + b_gate > 0]·ReLU(p·exp(r_mag) + b_mag), p = x_c W_enc. */
export function gated({ b_gate, b_mag, r_mag }: Pick<Sae, 'b_gate' | 'b_mag' | 'r_mag'>, p: Float64Array) {
  const magnitude = p.map((value, i) => value * Math.exp(r_mag![i]) + b_mag![i]);
  return {
    f: magnitude.map((z, i) => (p[i] + b_gate![i] > 0 && z > 0 ? z : 0)),
    margin: p.map((value, i) => Math.abs(value + b_gate![i]) * Math.exp(r_mag![i])),
  };
}
