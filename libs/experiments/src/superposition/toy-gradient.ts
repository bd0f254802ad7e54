import { gram, type Toy } from './toy.ts';
import type { ToyBatch } from './toy-batch.ts';

/** Gradients of the loss, in the layout of the toy. */
export interface ToyGradient {
  W: Float64Array;
  b: Float64Array;
}

/**
 * The mean over rows of L = Σ_i I_i (x_i − x'_i)² and its gradient, written to `gradient`.
 *
 * The loss sees W only through G = WᵀW, so with pre = G x + b, x' = ReLU(pre) and
 * δ_i = 2 I_i (x'_i − x_i)·[pre_i > 0]:   ∂L/∂b = δ,   D = ∂L/∂G = δ xᵀ,   ∂L/∂W = W (D + Dᵀ).
 * A row costs n per active input; δ is 0 for most outputs of a sparse toy.
 */
export function lossAndGradient(
  toy: Toy,
  batch: ToyBatch,
  importance: Float64Array,
  gradient: ToyGradient,
): number {
  const { n } = toy;
  const G = gram(toy);
  const D = new Float64Array(n * n);
  const row = {
    pre: new Float64Array(n),
    outputs: new Uint32Array(n),
    slopes: new Float64Array(n),
    count: 0,
  };
  gradient.b.fill(0);
  let loss = 0;
  for (let r = 0; r < batch.rows; r++) {
    const weight = batch.rowWeights?.[r] ?? 1 / batch.rows;
    row.pre.set(toy.b);
    addInputs(row.pre, G, batch, r);
    loss += weight * findSlopes(row, batch, r, importance);
    for (let o = 0; o < row.count; o++) gradient.b[row.outputs[o]] += weight * row.slopes[o];
    addOuterProduct(D, row, batch, { r, weight });
  }
  throughGram(toy, D, gradient.W);
  return loss;
}

/** One row on its way: pre-activations [n], then δ as a list of the outputs where it is not 0. */
interface RowState {
  pre: Float64Array;
  outputs: Uint32Array;
  slopes: Float64Array;
  count: number;
}

/** pre += G x for row r, two active inputs at a time: every pass over `pre` costs as much as the products. */
function addInputs(
  pre: Float64Array,
  G: Float64Array,
  { offsets, features, values }: ToyBatch,
  r: number,
): void {
  const n = pre.length;
  const end = offsets[r + 1];
  let e = offsets[r];
  if ((end - e) % 2 === 1) addInput(pre, G, features[e] * n, values[e++]);
  for (; e < end; e += 2) {
    const [first, second] = [features[e] * n, features[e + 1] * n];
    const [x, y] = [values[e], values[e + 1]];
    for (let i = 0; i < n; i++) pre[i] += x * G[first + i] + y * G[second + i];
  }
}

function addInput(pre: Float64Array, G: Float64Array, start: number, x: number): void {
  for (let i = 0; i < pre.length; i++) pre[i] += x * G[start + i];
}

/** Lists δ of row r and gives the row's loss. */
function findSlopes(row: RowState, batch: ToyBatch, r: number, importance: Float64Array): number {
  const { pre, outputs, slopes } = row;
  const end = batch.offsets[r + 1];
  let e = batch.offsets[r];
  let loss = 0;
  let count = 0;
  for (let i = 0; i < pre.length; i++) {
    const x = e < end && batch.features[e] === i ? batch.values[e++] : 0;
    const error = pre[i] > 0 ? pre[i] - x : -x;
    loss += importance[i] * error * error;
    if (pre[i] <= 0) continue;
    outputs[count] = i;
    slopes[count++] = 2 * importance[i] * error;
  }
  row.count = count;
  return loss;
}

/**
 * Dᵀ += weight · x δᵀ for row r, two active inputs at a time; that it is the transpose is no matter, as only
 * D + Dᵀ is used.
 */
function addOuterProduct(
  D: Float64Array,
  row: RowState,
  { offsets, features, values }: ToyBatch,
  { r, weight }: { r: number; weight: number },
): void {
  const { outputs, slopes, count } = row;
  const n = outputs.length;
  const end = offsets[r + 1];
  let e = offsets[r];
  if ((end - e) % 2 === 1) addSlopes(D.subarray(features[e] * n), row, weight * values[e++]);
  for (; e < end; e += 2) {
    const [first, second] = [features[e] * n, features[e + 1] * n];
    const [x, y] = [weight * values[e], weight * values[e + 1]];
    for (let o = 0; o < count; o++) {
      D[first + outputs[o]] += x * slopes[o];
      D[second + outputs[o]] += y * slopes[o];
    }
  }
}

function addSlopes(D_row: Float64Array, { outputs, slopes, count }: RowState, x: number): void {
  for (let o = 0; o < count; o++) D_row[outputs[o]] += x * slopes[o];
}

/** ∂L/∂W_i = Σ_j (D_ij + D_ji) W_j. */
function throughGram({ n, m, W }: Toy, D: Float64Array, dW: Float64Array): void {
  dW.fill(0);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const slope = D[i * n + j] + D[j * n + i];
      if (slope === 0) continue;
      for (let d = 0; d < m; d++) dW[i * m + d] += slope * W[j * m + d];
    }
  }
}
