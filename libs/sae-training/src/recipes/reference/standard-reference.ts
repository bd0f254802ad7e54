import {
  addDecoderGradient,
  addEncoderGradient,
  addNormGradient64,
  addOutputBias,
  addRows,
  encode64,
  norms64,
  type ReferenceLoss,
  residual64,
  slopes64,
  squares,
  type Weights64,
  zerosLike,
} from './reference.ts';

/**
 * The standard loss and its gradients in plain f64 (Anthropic, April 2024), with f = ReLU(x W_enc + b_enc) over
 * B rows:
 *
 *     L = 1/B Σ‖x̂ − x‖² + λ/B Σ Σ_i f_i‖W_dec_i‖,   x̂ = f W_dec + b_dec
 *     ∂L/∂f_i = 2/B e·W_dec_i + λ/B ‖W_dec_i‖,   e = x̂ − x
 *     ∂L/∂W_dec_i = 2/B Σ f_i e + λ/B Σ f_i W_dec_i/‖W_dec_i‖
 */
export function standardReference(w: Weights64, x: Float64Array, lambda: number): ReferenceLoss {
  const d_in = w.b_dec.length;
  const d_sae = w.b_enc.length;
  const scale = d_in / x.length;
  const f = encode64(w, x).map((z, at) => Math.max(0, z + w.b_enc[at % d_sae]));
  const e = residual64(w, f, x);
  const norms = norms64(w);
  const slopes = slopes64(w, e, d_in).map((slope, at) =>
    f[at] > 0 ? scale * (slope + lambda * norms[at % d_sae]) : 0,
  );
  const gradients = zerosLike(w);
  addRows(gradients.b_enc, slopes);
  addEncoderGradient(gradients, w, { slopes, x_c: x, centred: false });
  addDecoderGradient(gradients, f, e, scale);
  addNormGradient64(gradients, w, f, scale * lambda);
  addOutputBias(gradients, e, scale);
  const penalty = f.reduce((sum, value, at) => sum + value * norms[at % d_sae], 0);
  const squared_error = squares(e);
  const loss = scale * (squared_error + lambda * penalty);
  return { loss, squared_error, activations: f, gradients };
}
