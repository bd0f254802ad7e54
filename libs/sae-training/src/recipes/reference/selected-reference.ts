import type { SelectionConfig } from '../recipe-config.ts';
import {
  addDecoderGradient,
  addEncoderGradient,
  addOutputBias,
  addRows,
  center64,
  encode64,
  type PerFeature,
  type ReferenceLoss,
  residual64,
  slopes64,
  squares,
  type Weights64,
  zerosLike,
} from './reference.ts';

export interface SelectedOptions {
  recipe: Required<SelectionConfig>;
  /** Dead features, ascending. */
  dead: readonly number[];
  /** Numbers of features that each reconstruct alone, ascending; the last is d_sae. @default d_sae alone */
  prefixes?: readonly number[];
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

export interface SelectedLoss extends ReferenceLoss {
  frozen: FrozenResidual;
}

/** Says which of the pre-activations [rows, d_sae] fire. */
export type Selection = (pre: PerFeature, d_sae: number) => Uint8Array;

/**
 * The loss of recipes that select features, and its gradients, in plain f64 (Gao et al. 2024 §2.3, appendix A.2;
 * Bussmann et al. 2024, 2025), with f = pre where selected, prefixes m and B rows:
 *
 *     L = Σ_m 1/B Σ‖x̂_m − x‖² + α Σ‖â − r‖² / Σ‖r − mean r‖²
 *     x̂_m = Σ_{i < m} f_i W_dec_i + b_dec,   â = a W_dec,   r = x − x̂ held fixed, x̂ of all features
 *
 * a are the k_aux strongest dead features of a row. The parallel part of the decoder gradient is still in.
 */
export function selectedReference(
  w: Weights64,
  x: Float64Array,
  { select, ...options }: SelectedOptions & { select: Selection },
): SelectedLoss {
  const d_in = w.b_dec.length;
  const d_sae = w.b_enc.length;
  const scale = d_in / x.length;
  const x_c = center64(w, x);
  const pre = encode64(w, x_c).map((z, at) => z + w.b_enc[at % d_sae]);
  const selected = select(pre, d_sae);
  const f = pre.map((value, at) => (selected[at] ? value : 0));
  const gradients = zerosLike(w);
  const slopes = new Float64Array(f.length);
  let loss = 0;
  let e: Float64Array = new Float64Array(0);
  for (const prefix of options.prefixes ?? [d_sae]) {
    const below = f.map((value, at) => (at % d_sae < prefix ? value : 0));
    e = residual64(w, below, x);
    loss += scale * squares(e);
    addDecoderGradient(gradients, below, e, scale);
    addOutputBias(gradients, e, scale);
    for (const [at, slope] of slopes64(w, e, d_in).entries()) if (below[at] > 0) slopes[at] += scale * slope;
  }
  const frozen = options.frozen ?? freeze(e, d_in);
  loss += addAuxiliary64(w, { pre, slopes, gradients, frozen, options });
  addRows(gradients.b_enc, slopes);
  addEncoderGradient(gradients, w, { slopes, x_c, centred: true });
  return { loss, squared_error: squares(e), activations: f, gradients, frozen };
}

/** Keeps the k largest of every row that are > 0, ties lowest index first. */
export function strongestOfRows(k: number): Selection {
  return (pre, d_sae) => {
    const selected = new Uint8Array(pre.length);
    for (let row = 0; row < pre.length; row += d_sae) {
      const places = Array.from({ length: d_sae }, (_, i) => row + i);
      for (const at of strongest(pre, places, k)) selected[at] = 1;
    }
    return selected;
  };
}

/** Keeps the B·k largest of the whole batch that are > 0, ties lowest row and index first. */
export function strongestOfBatch(k: number): Selection {
  return (pre, d_sae) => {
    const selected = new Uint8Array(pre.length);
    const places = Array.from(pre.keys());
    for (const at of strongest(pre, places, (pre.length / d_sae) * k)) selected[at] = 1;
    return selected;
  };
}

interface Auxiliary {
  pre: PerFeature;
  /** Added to. */
  slopes: PerFeature;
  gradients: Weights64;
  frozen: FrozenResidual;
  options: SelectedOptions;
}

function addAuxiliary64(w: Weights64, { pre, slopes, gradients, frozen, options }: Auxiliary): number {
  const { recipe, dead } = options;
  const d_in = w.b_dec.length;
  const d_sae = w.b_enc.length;
  if (dead.length === 0 || recipe.auxk_alpha === 0) return 0;
  const weight = recipe.auxk_alpha / frozen.variance;
  const a = new Float64Array(pre.length);
  for (let row = 0; row < pre.length; row += d_sae) {
    const places = dead.map((i) => row + i);
    for (const at of strongest(pre, places, recipe.k_aux)) a[at] = pre[at];
  }
  const e = residual64({ W_dec: w.W_dec, b_dec: new Float64Array(d_in) }, a, frozen.residual);
  addDecoderGradient(gradients, a, e, weight);
  for (const [at, slope] of slopes64(w, e, d_in).entries()) if (a[at] > 0) slopes[at] += weight * slope;
  return weight * squares(e);
}

function strongest(pre: PerFeature, among: readonly number[], k: number): number[] {
  return [...among]
    .sort((a, b) => pre[b] - pre[a] || a - b)
    .slice(0, k)
    .filter((at) => pre[at] > 0);
}

function freeze(e: Float64Array, d_in: number): FrozenResidual {
  const residual = e.map((value) => -value);
  const rows = e.length / d_in;
  const mean = new Float64Array(d_in);
  for (let at = 0; at < residual.length; at++) mean[at % d_in] += residual[at] / rows;
  const variance = residual.reduce((sum, value, at) => sum + (value - mean[at % d_in]) ** 2, 0);
  return { residual, variance };
}
