import { penaltyOf } from '../jumprelu-penalty.ts';
import {
  addDecoderGradient,
  addEncoderGradient,
  addOutputBias,
  addRows,
  encode64,
  type ReferenceLoss,
  residual64,
  slopes64,
  squares,
  type Weights64,
  zerosLike,
} from './reference.ts';

export interface JumpreluPenalty {
  /** λ of this step. */
  lambda: number;
  /** 0: the penalty is λ·l0; else λ(l0/target_l0 − 1)². */
  target_l0: number;
  bandwidth: number;
}

/**
 * The jumprelu loss and its gradients in plain f64 (Rajamanoharan et al. 2024b §3), with θ = max(0, threshold),
 * z = x W_enc + b_enc, f = z·H(z − θ) over B rows and l0 = 1/B Σ H(z − θ):
 *
 *     L = 1/B Σ‖x̂ − x‖² + P(l0),   P = λ·l0 or λ(l0/l0* − 1)²
 *     ∂L/∂z_i = ∂L/∂f_i H(z_i − θ_i)
 *     ð f_i/ðθ_i = −θ_i/ε K((z_i − θ_i)/ε),   ð H/ðθ_i = −1/ε K((z_i − θ_i)/ε),   K(u) = [−½ < u ≤ ½]
 *
 * The last line is the straight-through estimator: L itself has no slope in θ almost everywhere. It holds for a threshold
 * below 0 too, which acts as 0 and can come back.
 */
export function jumpreluReference(w: Weights64, x: Float64Array, penalty: JumpreluPenalty): ReferenceLoss {
  const d_in = w.b_dec.length;
  const d_sae = w.b_enc.length;
  const scale = d_in / x.length;
  const theta = w.vectors.threshold.map((value) => Math.max(0, value));
  const z = encode64(w, x).map((value, at) => value + w.b_enc[at % d_sae]);
  const f = z.map((value, at) => (value > theta[at % d_sae] ? value : 0));
  const e = residual64(w, f, x);
  const raw = slopes64(w, e, d_in).map((slope) => scale * slope);
  const slopes = raw.map((slope, at) => (f[at] > 0 ? slope : 0));
  const gradients = zerosLike(w);
  addRows(gradients.b_enc, slopes);
  addEncoderGradient(gradients, w, { slopes, x_c: x, centred: false });
  addDecoderGradient(gradients, f, e, scale);
  addOutputBias(gradients, e, scale);
  const l0 = scale * f.reduce((count, value) => count + Number(value > 0), 0);
  const { value, slope } = penaltyOf(l0, penalty);
  for (let at = 0; at < z.length; at++) {
    const i = at % d_sae;
    const u = (z[at] - theta[i]) / penalty.bandwidth;
    if (!(u > -0.5 && u <= 0.5)) continue;
    gradients.vectors.threshold[i] -= (theta[i] * raw[at] + scale * slope) / penalty.bandwidth;
  }
  const squared_error = squares(e);
  return { loss: scale * squared_error + value, squared_error, activations: f, gradients };
}
