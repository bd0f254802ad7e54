import type { TopkRecipeConfig } from './topk.ts';

/** Weights in f64, W_enc transposed; widths are not padded. */
export interface Weights64 {
  /** [d_sae, d_in]. */
  W_enc: Float64Array;
  b_enc: Float64Array;
  W_dec: Float64Array;
  b_dec: Float64Array;
}

export interface TopkReferenceOptions {
  d_in: number;
  recipe: Required<TopkRecipeConfig>;
  /** Dead features, ascending. */
  dead: readonly number[];
  /**
   * Residual and variance that the auxiliary term holds fixed; for finite differences, which must not move
   * them.
   * @default those of these weights
   */
  frozen?: FrozenResidual;
}

export interface FrozenResidual {
  /** x − x̂ [rows, d_in]. */
  residual: Float64Array;
  /** Σ‖r − mean r‖². */
  variance: number;
}

export interface TopkReference {
  loss: number;
  gradients: Weights64;
  frozen: FrozenResidual;
}

/**
 * The topk loss and its gradients in plain f64, row by row as the equations stand (Gao et al. 2024 §2.3,
 * appendix A.2):
 *
 *     L = 1/B Σ‖x̂ − x‖² + α Σ‖â − r‖² / Σ‖r − mean r‖²
 *     x̂ = f W_dec + b_dec,   â = a W_dec,   r = x − x̂ held fixed
 *
 * The parallel part of the decoder gradient is still in. Engines are tested against this.
 */
export function topkReference(w: Weights64, x: Float64Array, options: TopkReferenceOptions): TopkReference {
  const { d_in, recipe, dead } = options;
  const rows = x.length / d_in;
  const d_sae = w.b_enc.length;
  const gradients = zerosLike(w);
  const all = Array.from({ length: d_sae }, (_, i) => i);
  const pres = Array.from({ length: rows }, (_, r) => preActivations(w, x, r * d_in, d_in));
  let loss = 0;
  const errors = new Float64Array(x.length);
  for (let r = 0; r < rows; r++) {
    const active = strongest(pres[r], all, recipe.k);
    const error = errors.subarray(r * d_in, (r + 1) * d_in);
    for (let j = 0; j < d_in; j++) error[j] = w.b_dec[j] - x[r * d_in + j];
    loss += addTerm({ w, gradients, pre: pres[r], active, error, x: x.subarray(r * d_in), scale: 1 / rows });
    for (let j = 0; j < d_in; j++) gradients.b_dec[j] += (2 / rows) * error[j];
  }
  const frozen = options.frozen ?? freeze(errors, d_in);
  if (dead.length > 0 && recipe.auxk_alpha > 0) {
    const scale = recipe.auxk_alpha / frozen.variance;
    for (let r = 0; r < rows; r++) {
      const active = strongest(pres[r], dead, recipe.k_aux);
      const error = frozen.residual.slice(r * d_in, (r + 1) * d_in).map((value) => -value);
      loss += addTerm({ w, gradients, pre: pres[r], active, error, x: x.subarray(r * d_in), scale });
    }
  }
  return { loss, gradients, frozen };
}

function preActivations(
  { W_enc, b_enc, b_dec }: Weights64,
  x: Float64Array,
  at: number,
  d_in: number,
): Float64Array {
  return b_enc.map((bias, i) => {
    let pre = bias;
    for (let j = 0; j < d_in; j++) pre += (x[at + j] - b_dec[j]) * W_enc[i * d_in + j];
    return pre;
  });
}

function strongest(pre: Float64Array, among: readonly number[], k: number): number[] {
  return [...among]
    .sort((a, b) => pre[b] - pre[a] || a - b)
    .slice(0, k)
    .filter((i) => pre[i] > 0);
}

interface Term {
  w: Weights64;
  gradients: Weights64;
  pre: Float64Array;
  active: number[];
  /** Begins as what the decode is compared with, negated; ends as the difference. */
  error: Float64Array;
  x: Float64Array;
  scale: number;
}

/** Adds scale·‖error + Σ f W_dec‖² of one row: returns it, and adds its gradients through f and W_dec. */
function addTerm({ w, gradients, pre, active, error, x, scale }: Term): number {
  const d_in = error.length;
  for (const i of active) for (let j = 0; j < d_in; j++) error[j] += pre[i] * w.W_dec[i * d_in + j];
  for (const i of active) {
    let slope = 0;
    for (let j = 0; j < d_in; j++) slope += 2 * scale * error[j] * w.W_dec[i * d_in + j];
    gradients.b_enc[i] += slope;
    for (let j = 0; j < d_in; j++) {
      gradients.W_dec[i * d_in + j] += 2 * scale * pre[i] * error[j];
      gradients.W_enc[i * d_in + j] += slope * (x[j] - w.b_dec[j]);
      gradients.b_dec[j] -= slope * w.W_enc[i * d_in + j];
    }
  }
  return scale * error.reduce((sum, value) => sum + value * value, 0);
}

function freeze(errors: Float64Array, d_in: number): FrozenResidual {
  const residual = errors.map((value) => -value);
  const rows = errors.length / d_in;
  const mean = new Float64Array(d_in);
  for (let at = 0; at < residual.length; at++) mean[at % d_in] += residual[at] / rows;
  const variance = residual.reduce((sum, value, at) => sum + (value - mean[at % d_in]) ** 2, 0);
  return { residual, variance };
}

function zerosLike({ W_enc, b_enc, W_dec, b_dec }: Weights64): Weights64 {
  return {
    W_enc: new Float64Array(W_enc.length),
    b_enc: new Float64Array(b_enc.length),
    W_dec: new Float64Array(W_dec.length),
    b_dec: new Float64Array(b_dec.length),
  };
}
