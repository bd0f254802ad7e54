import { decoderNorms } from './decoder-norms.ts';
import type { Sae } from './sae.ts';
import { thresholdForm } from './threshold-form.ts';

/**
 * Rewrites `sae` so that b_dec is subtracted from its input, or is not; f and x̂ stay what they were:
 * (x − b_dec) W + b = x W + (b − b_dec W).
 */
export function withInputBias(sae: Sae, apply: boolean): Sae {
  if (sae.cfg.apply_b_dec_to_input === apply) return sae;
  const shift = biasShift(sae, apply ? 1 : -1);
  const cfg = { ...sae.cfg, apply_b_dec_to_input: apply };
  if (sae.cfg.architecture !== 'gated') return { ...sae, cfg, b_enc: add(sae.b_enc, shift) };
  const magnitude = shift.map((s, i) => s * Math.exp(sae.r_mag![i]));
  return { ...sae, cfg, b_gate: add(sae.b_gate!, shift), b_mag: add(sae.b_mag!, magnitude) };
}

/**
 * Gives every direction the norm 1 and its old norm n to the encoder (W_enc, biases and threshold ·n): f becomes n·f, x̂ stays.
 * Where the SAE rescales its activations by n already, f stays too and the rescaling is dropped. A direction of norm 0
 * never fires afterwards.
 */
export function foldDecoderNorms(sae: Sae): Sae {
  const { d_in, d_sae } = sae.cfg;
  const n = decoderNorms(sae);
  const scaled = (values: Float32Array) => values.map((v, i) => v * n[i]);
  const rescaled = sae.cfg.rescale_acts_by_decoder_norm === true;
  const threshold = sae.threshold && (rescaled ? sae.threshold : scaled(sae.threshold));
  const { rescale_acts_by_decoder_norm: _, ...cfg } = sae.cfg;
  return {
    ...sae,
    cfg: cfg.architecture === 'topk' ? { ...cfg, rescale_acts_by_decoder_norm: false } : cfg,
    W_enc: sae.W_enc.map((w, at) => w * n[at % d_sae]),
    b_enc: scaled(sae.b_enc),
    W_dec: sae.W_dec.map((w, at) => w / (n[Math.floor(at / d_in)] || 1)),
    ...(threshold && { threshold }),
    ...(sae.b_gate && { b_gate: scaled(sae.b_gate) }),
    ...(sae.b_mag && { b_mag: scaled(sae.b_mag) }),
  };
}

/** Folds the factor s of its normalised input into an SAE: W_enc·s, W_dec/s, b_dec/s; it then reads x itself. */
export function foldInputScale(sae: Sae, s: number): Sae {
  return {
    ...sae,
    cfg: { ...sae.cfg, normalize_activations: 'none' },
    W_enc: sae.W_enc.map((w) => w * s),
    W_dec: sae.W_dec.map((w) => w / s),
    b_dec: sae.b_dec.map((b) => b / s),
  };
}

/** Folds factors [d_sae] that multiply f before decoding into the directions; f stays. */
export function foldDirectionScale(sae: Sae, factors: ArrayLike<number>): Sae {
  const { d_in } = sae.cfg;
  return { ...sae, W_dec: sae.W_dec.map((w, at) => w * factors[Math.floor(at / d_in)]) };
}

/** Writes a standard, jumprelu, batchtopk, matryoshka or gated SAE as jumprelu with the same f and x̂. */
export function asJumprelu(sae: Sae): Sae {
  const { d_sae } = sae.cfg;
  const whole = sae.cfg.rescale_acts_by_decoder_norm ? foldDecoderNorms(sae) : sae;
  const { scale, bias, threshold } = thresholdForm(whole);
  const { k: _, rescale_acts_by_decoder_norm: __, ...cfg } = whole.cfg;
  return {
    cfg: { ...cfg, architecture: 'jumprelu' },
    W_enc: scale ? whole.W_enc.map((w, at) => w * scale[at % d_sae]) : whole.W_enc,
    b_enc: Float32Array.from(bias),
    W_dec: whole.W_dec,
    b_dec: whole.b_dec,
    threshold: threshold ? Float32Array.from(threshold) : new Float32Array(d_sae),
  };
}

/** Transposes a row-major matrix [rows, columns] into [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0, at = r * columns; c < columns; c++, at++) transposed[c * rows + r] = values[at];
  }
  return transposed;
}

/** sign · b_dec W_enc [d_sae], in f64. */
function biasShift({ cfg: { d_in, d_sae }, W_enc, b_dec }: Sae, sign: number): Float64Array {
  const shift = new Float64Array(d_sae);
  for (let j = 0; j < d_in; j++) {
    const b = sign * b_dec[j];
    for (let i = 0, w = j * d_sae; i < d_sae; i++, w++) shift[i] += b * W_enc[w];
  }
  return shift;
}

function add(values: Float32Array, shift: Float64Array): Float32Array {
  return values.map((v, i) => v + shift[i]);
}
