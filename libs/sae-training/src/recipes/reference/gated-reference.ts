import {
  addDecoderGradient,
  addEncoderGradient,
  addNormGradient64,
  addOutputBias,
  addRows,
  center64,
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
 * The gated loss and its gradients in plain f64 (Rajamanoharan et al. 2024a §3.2), with z = (x − b_dec) W_enc,
 * π = z + b_gate (b_enc holds b_gate), a = ReLU(π), f = H(π)·ReLU(z·exp(r_mag) + b_mag) over B rows:
 *
 *     L = 1/B Σ‖e‖² + λ/B Σ Σ_i a_i‖W_dec_i‖ + 1/B Σ‖e'‖²,   e = f W_dec + b_dec − x,   e' = a W_dec' + b_dec' − x
 *     ∂L/∂z_i = 2/B e·W_dec_i [f_i > 0] exp(r_mag_i) + (2/B e'·W_dec'_i + λ/B ‖W_dec_i‖) [π_i > 0]
 *
 * `frozen` are W_dec' and b_dec', through which no gradient goes: those of `w`, but for finite differences.
 */
export function gatedReference(
  w: Weights64,
  x: Float64Array,
  { lambda, frozen = w }: { lambda: number; frozen?: Pick<Weights64, 'W_dec' | 'b_dec'> },
): ReferenceLoss {
  const d_in = w.b_dec.length;
  const d_sae = w.b_enc.length;
  const scale = d_in / x.length;
  const { b_mag, r_mag } = w.vectors;
  const x_c = center64(w, x);
  const z = encode64(w, x_c);
  const a = z.map((value, at) => Math.max(0, value + w.b_enc[at % d_sae]));
  const magnitude = (value: number, i: number) => Math.max(0, value * Math.exp(r_mag[i]) + b_mag[i]);
  const f = z.map((value, at) => (a[at] > 0 ? magnitude(value, at % d_sae) : 0));
  const [e, gateError] = [residual64(w, f, x), residual64(frozen, a, x)];
  const norms = norms64(w);
  const magSlopes = slopes64(w, e, d_in).map((slope, at) => (f[at] > 0 ? scale * slope : 0));
  const gateSlopes = slopes64(frozen, gateError, d_in).map((slope, at) =>
    a[at] > 0 ? scale * (slope + lambda * norms[at % d_sae]) : 0,
  );
  const through = magSlopes.map((slope, at) => slope * Math.exp(r_mag[at % d_sae]));
  const slopes = through.map((slope, at) => slope + gateSlopes[at]);
  const gradients = zerosLike(w);
  addRows(gradients.b_enc, gateSlopes);
  addRows(gradients.vectors.b_mag, magSlopes);
  addRows(
    gradients.vectors.r_mag,
    through.map((slope, at) => slope * z[at]),
  );
  addEncoderGradient(gradients, w, { slopes, x_c, centred: true });
  addDecoderGradient(gradients, f, e, scale);
  addNormGradient64(gradients, w, a, scale * lambda);
  addOutputBias(gradients, e, scale);
  const penalty = a.reduce((sum, value, at) => sum + value * norms[at % d_sae], 0);
  const squared_error = squares(e);
  const loss = scale * (squared_error + lambda * penalty + squares(gateError));
  return { loss, squared_error, activations: f, gradients };
}
