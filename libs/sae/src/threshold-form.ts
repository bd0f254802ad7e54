import { decoderNorms } from './decoder-norms.ts';
import { type Sae, usesThreshold } from './sae.ts';

/**
 * An encoder feature by feature: f_i = [z_i > θ_i]·ReLU(z_i), z_i = scale_i·(x_c·W_enc_i) + bias_i, in f64. topk selects
 * among ReLU(z) instead, with θ = 0.
 */
export interface ThresholdForm {
  /** [d_sae], or absent for 1 everywhere. */
  scale?: Float64Array | undefined;
  /** [d_sae]. */
  bias: Float64Array;
  /** [d_sae], all at least 0; or absent for 0 everywhere. */
  threshold?: Float64Array | undefined;
}

/**
 * Brings an SAE into threshold form, exactly. For gated, z = (x_c·W_enc)·exp(r_mag) + b_mag rises with x_c·W_enc, so the gate
 * x_c·W_enc + b_gate > 0 is z > b_mag − b_gate·exp(r_mag) (Rajamanoharan et al. 2024, appendix E).
 */
export function thresholdForm(sae: Sae): ThresholdForm {
  const { cfg, b_enc } = sae;
  if (cfg.architecture === 'gated') return gatedForm(sae);
  const scale = cfg.rescale_acts_by_decoder_norm ? decoderNorms(sae) : undefined;
  const bias = Float64Array.from(b_enc, (b, i) => (scale ? b * scale[i] : b));
  if (!usesThreshold(cfg.architecture)) return { scale, bias };
  return { scale, bias, threshold: Float64Array.from(sae.threshold!, (theta) => Math.max(0, theta)) };
}

function gatedForm({ b_gate, b_mag, r_mag }: Sae): ThresholdForm {
  const scale = Float64Array.from(r_mag!, Math.exp);
  return {
    scale,
    bias: Float64Array.from(b_mag!),
    threshold: scale.map((factor, i) => Math.max(0, b_mag![i] - b_gate![i] * factor)),
  };
}
