/**
 * An SAE as its own format computes it, in plain f64 on the tensors as they were stored: what an import must reproduce. Every
 * format writes its equations down here, apart from the code that converts it.
 */
export interface SourceModel {
  encode(x: Float64Array): SourceActivations;
  /** x̂ [d_in] of the features f [d_sae]. */
  decode(f: Float64Array): Float64Array;
}

/** Features of one row. */
export interface SourceActivations {
  /** [d_sae]. */
  f: Float64Array;
  /** [d_sae]; how far every pre-activation is from where its feature switches on or off, in units of f. */
  margin: Float64Array;
}

/** A stored matrix: `input-output` is [in, out], `output-input` is [out, in] as in torch's Linear. */
export interface StoredMatrix {
  values: Float32Array;
  inputs: number;
  outputs: number;
  layout: 'input-output' | 'output-input';
}

/** bias + x·W, in f64. */
export function affine(W: StoredMatrix, x: Float64Array, bias?: ArrayLike<number>): Float64Array {
  const { values, inputs, outputs } = W;
  const y = bias ? Float64Array.from(bias) : new Float64Array(outputs);
  if (W.layout === 'input-output') {
    for (let j = 0, at = 0; j < inputs; j++) {
      const x_j = x[j];
      if (x_j === 0) at += outputs;
      else for (let i = 0; i < outputs; i++, at++) y[i] += x_j * values[at];
    }
    return y;
  }
  for (let i = 0, at = 0; i < outputs; i++) {
    let sum = 0;
    for (let j = 0; j < inputs; j++, at++) sum += x[j] * values[at];
    y[i] += sum;
  }
  return y;
}

/** x − b. */
export function minus(x: Float64Array, b: ArrayLike<number>): Float64Array {
  return x.map((value, j) => value - b[j]);
}

/** f = ReLU(pre)·[pre > threshold], strict; without thresholds ReLU. */
export function thresholded(pre: Float64Array, threshold?: ArrayLike<number>): SourceActivations {
  const bound = (i: number) => Math.max(0, threshold?.[i] ?? 0);
  return {
    f: pre.map((z, i) => (z > bound(i) ? z : 0)),
    margin: pre.map((z, i) => Math.abs(z - bound(i))),
  };
}

/** f = the k largest of ReLU(pre); ties: lowest index first. */
export function largest(pre: Float64Array, k: number): SourceActivations {
  const order = Array.from(pre.keys()).sort((a, b) => pre[b] - pre[a] || a - b);
  const kept = new Set(order.slice(0, k));
  const last = pre[order[k - 1]];
  const next = pre[order[k]] ?? Number.NEGATIVE_INFINITY;
  return {
    f: pre.map((z, i) => (kept.has(i) && z > 0 ? z : 0)),
    margin: pre.map((z, i) => Math.min(Math.abs(z - (kept.has(i) ? next : last)), Math.abs(z))),
  };
}
