/** Weights in f64, W_enc transposed; widths are not padded. */
export interface Weights64 {
  /** [d_sae, d_in]. */
  W_enc: Float64Array;
  b_enc: Float64Array;
  W_dec: Float64Array;
  b_dec: Float64Array;
  /** The recipe's own, each [d_sae]. */
  vectors: Readonly<Record<string, Float64Array>>;
}

/** A loss with its gradients by hand, in plain f64: the truth that engines are tested against. */
export interface ReferenceLoss {
  loss: number;
  /** Σ‖x − x̂‖². */
  squared_error: number;
  /** Activations [rows, d_sae] that x̂ is decoded of. */
  activations: Float64Array;
  gradients: Weights64;
}

/** A matrix of every feature's number for every row [rows, d_sae]. */
export type PerFeature = Float64Array;

/** Weights of zeros of the same shape. */
export function zerosLike({ W_enc, b_enc, W_dec, b_dec, vectors }: Weights64): Weights64 {
  const zeros = (values: Float64Array) => new Float64Array(values.length);
  return {
    W_enc: zeros(W_enc),
    b_enc: zeros(b_enc),
    W_dec: zeros(W_dec),
    b_dec: zeros(b_dec),
    vectors: Object.fromEntries(Object.entries(vectors).map(([name, values]) => [name, zeros(values)])),
  };
}

/** Encodes rows without bias: z = x_c W_encᵀ [rows, d_sae], x_c = x − b_dec or x. */
export function encode64(w: Weights64, x_c: Float64Array): PerFeature {
  const [d_in, d_sae] = [w.b_dec.length, w.b_enc.length];
  const z = new Float64Array((x_c.length / d_in) * d_sae);
  for (let at = 0; at < z.length; at++) {
    const [row, feature] = [Math.floor(at / d_sae) * d_in, (at % d_sae) * d_in];
    for (let j = 0; j < d_in; j++) z[at] += x_c[row + j] * w.W_enc[feature + j];
  }
  return z;
}

/** x − b_dec. */
export function center64({ b_dec }: Weights64, x: Float64Array): Float64Array {
  return x.map((value, at) => value - b_dec[at % b_dec.length]);
}

/** Decodes activations and compares: e = f W_dec + b_dec − x [rows, d_in]. */
export function residual64(
  { W_dec, b_dec }: Pick<Weights64, 'W_dec' | 'b_dec'>,
  f: PerFeature,
  x: Float64Array,
): Float64Array {
  const d_in = b_dec.length;
  const d_sae = W_dec.length / d_in;
  return x.map((value, at) => {
    const [row, j] = [Math.floor(at / d_in) * d_sae, at % d_in];
    let sum = b_dec[j] - value;
    for (let i = 0; i < d_sae; i++) sum += f[row + i] * W_dec[i * d_in + j];
    return sum;
  });
}

/** How scale·‖e‖² moves with activations: 2·scale·e W_decᵀ [rows, d_sae]. */
export function slopes64({ W_dec }: Pick<Weights64, 'W_dec'>, e: Float64Array, d_in: number): PerFeature {
  const d_sae = W_dec.length / d_in;
  return new Float64Array((e.length / d_in) * d_sae).map((_, at) => {
    const [row, feature] = [Math.floor(at / d_sae) * d_in, (at % d_sae) * d_in];
    let sum = 0;
    for (let j = 0; j < d_in; j++) sum += e[row + j] * W_dec[feature + j];
    return 2 * sum;
  });
}

/** Adds the gradients of scale·Σ‖f W_dec + …‖² with respect to W_dec: 2·scale·fᵀ e. */
export function addDecoderGradient(to: Weights64, f: PerFeature, e: Float64Array, scale: number): void {
  const [d_in, d_sae] = [to.b_dec.length, to.b_enc.length];
  for (let at = 0; at < f.length; at++) {
    if (f[at] === 0) continue;
    const [row, feature] = [Math.floor(at / d_sae) * d_in, (at % d_sae) * d_in];
    for (let j = 0; j < d_in; j++) to.W_dec[feature + j] += 2 * scale * f[at] * e[row + j];
  }
}

/** Adds to b_dec the gradient of scale·Σ‖… + b_dec − x‖²: 2·scale·Σ e. */
export function addOutputBias(to: Weights64, e: Float64Array, scale: number): void {
  const d_in = to.b_dec.length;
  for (let at = 0; at < e.length; at++) to.b_dec[at % d_in] += 2 * scale * e[at];
}

/**
 * Adds the gradients of W_enc, given how the loss moves with z = x_c W_encᵀ, and of b_dec where it was subtracted
 * from x.
 */
export function addEncoderGradient(
  to: Weights64,
  w: Weights64,
  { slopes, x_c, centred }: { slopes: PerFeature; x_c: Float64Array; centred: boolean },
): void {
  const [d_in, d_sae] = [to.b_dec.length, to.b_enc.length];
  for (let at = 0; at < slopes.length; at++) {
    if (slopes[at] === 0) continue;
    const [row, feature] = [Math.floor(at / d_sae) * d_in, (at % d_sae) * d_in];
    for (let j = 0; j < d_in; j++) {
      to.W_enc[feature + j] += slopes[at] * x_c[row + j];
      if (centred) to.b_dec[j] -= slopes[at] * w.W_enc[feature + j];
    }
  }
}

/** Adds Σ_rows values [rows, d_sae] to a vector [d_sae]. */
export function addRows(to: Float64Array, values: PerFeature): void {
  for (let at = 0; at < values.length; at++) to[at % to.length] += values[at];
}

/** ‖W_dec_i‖ of every feature. */
export function norms64({ W_dec, b_dec }: Pick<Weights64, 'W_dec' | 'b_dec'>): Float64Array {
  const d_in = b_dec.length;
  return Float64Array.from({ length: W_dec.length / d_in }, (_, i) =>
    Math.hypot(...W_dec.subarray(i * d_in, (i + 1) * d_in)),
  );
}

/** Adds the gradient of scale·Σ f_i‖W_dec_i‖ with respect to W_dec. */
export function addNormGradient64(to: Weights64, w: Weights64, f: PerFeature, scale: number): void {
  const [d_in, d_sae] = [w.b_dec.length, w.b_enc.length];
  const norms = norms64(w);
  const mass = new Float64Array(d_sae);
  addRows(mass, f);
  for (let at = 0; at < w.W_dec.length; at++) {
    const i = Math.floor(at / d_in);
    if (norms[i] > 0) to.W_dec[at] += (scale * mass[i] * w.W_dec[at]) / norms[i];
  }
}

/** Σ v². */
export function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
