import { FacetError } from '@facet/errors';
import { decoderNorms } from './decoder-norms.ts';
import { checkSae, type Sae, type SparseActivations, usesThreshold } from './sae.ts';

/**
 * Encodes residual rows `x` [rows, d_in] in plain f64 arithmetic: the truth that every faster encoder is
 * tested against.
 *
 *     pre = (x − b_dec·[apply_b_dec_to_input]) W_enc + b_enc
 *     standard             f = ReLU(pre)
 *     topk                 f = ReLU(the k largest of pre), ties: lowest index first (Gao et al. 2024 §2.2)
 *     jumprelu, batchtopk, matryoshka  f = ReLU(pre)·[pre > threshold], strict
 *     gated                f = [pre + b_gate > 0]·ReLU(pre·exp(r_mag) + b_mag), b_enc = 0 (Rajamanoharan et al. 2024)
 *
 * With `rescale_acts_by_decoder_norm` pre is multiplied by ‖W_dec_i‖ first.
 */
export function encodeReference(sae: Sae, x: Float32Array, rows: number): SparseActivations {
  checkSae(sae, 'sae');
  const { d_in } = sae.cfg;
  if (x.length < rows * d_in) {
    throw new FacetError(
      'invalid',
      `x has ${x.length} values; ${rows} rows of d_in ${d_in} need ${rows * d_in}`,
    );
  }
  const norms = sae.cfg.rescale_acts_by_decoder_norm ? decoderNorms(sae) : undefined;
  const offsets = new Uint32Array(rows + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < rows; r++) {
    const pre = preActivations(sae, x.subarray(r * d_in, (r + 1) * d_in), norms);
    const f = magnitudes(sae, pre);
    for (const i of activeFeatures(sae, pre)) {
      if (f[i] <= 0) continue;
      indices.push(i);
      values.push(f[i]);
    }
    offsets[r + 1] = indices.length;
  }
  return { rows, offsets, indices: Uint32Array.from(indices), values: Float32Array.from(values) };
}

function preActivations(sae: Sae, x: Float32Array, norms: Float64Array | undefined): Float64Array {
  const { d_in, d_sae, apply_b_dec_to_input } = sae.cfg;
  const pre = Float64Array.from(sae.b_enc);
  for (let j = 0; j < d_in; j++) {
    const x_c = apply_b_dec_to_input ? x[j] - sae.b_dec[j] : x[j];
    for (let i = 0, w = j * d_sae; i < d_sae; i++, w++) pre[i] += x_c * sae.W_enc[w];
  }
  if (norms) for (let i = 0; i < d_sae; i++) pre[i] *= norms[i];
  return pre;
}

function magnitudes({ cfg, r_mag, b_mag }: Sae, pre: Float64Array): Float64Array {
  return cfg.architecture === 'gated' ? pre.map((p, i) => p * Math.exp(r_mag![i]) + b_mag![i]) : pre;
}

function activeFeatures({ cfg, threshold, b_gate }: Sae, pre: Float64Array): number[] {
  const features = Array.from(pre.keys());
  if (cfg.architecture === 'gated') return features.filter((i) => pre[i] + b_gate![i] > 0);
  if (cfg.architecture === 'topk') {
    const strongestFirst = features.sort((a, b) => pre[b] - pre[a] || a - b);
    return strongestFirst
      .slice(0, cfg.k)
      .filter((i) => pre[i] > 0)
      .sort((a, b) => a - b);
  }
  if (usesThreshold(cfg.architecture)) return features.filter((i) => pre[i] > 0 && pre[i] > threshold![i]);
  return features.filter((i) => pre[i] > 0);
}
