import { dot, horizontal, WORD } from './lanes';

/** Subtracts `center` [width] from every row of `x` [rows, width], in place. */
export function centerRows(x: usize, center: usize, rows: u32, width: u32): void {
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const row = x + <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      v128.store(row + c, f32x4.sub(v128.load(row + c), v128.load(center + c)));
    }
  }
}

/** Sets `count` floats to 0. */
export function clearValues(values: usize, count: u32): void {
  memory.fill(values, 0, WORD * <usize>count);
}

/** Multiplies `count` floats (a multiple of 4) by `factor`, in place. */
export function scaleValues(values: usize, count: u32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let at = values, end = values + WORD * <usize>count; at < end; at += 16) {
    v128.store(at, f32x4.mul(by, v128.load(at)));
  }
}

/** Adds `count` floats (a multiple of 4) to others. */
export function addValues(to: usize, from: usize, count: u32): void {
  for (let at: usize = 0, end = WORD * <usize>count; at < end; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  }
}

/** Writes norms[i] = scale·‖W_i‖ for every row of W [rows, width]. */
export function rowNorms(norms: usize, W: usize, rows: u32, width: u32, scale: f32): void {
  const bytes = WORD * <usize>width;
  for (let i: u32 = 0; i < rows; i++) {
    const row = W + <usize>i * bytes;
    store<f32>(norms + WORD * <usize>i, scale * <f32>sqrt(horizontal(dot(row, row, bytes))));
  }
}

/** Adds scale·weight[i]·W_i/‖W_i‖ to every row of G [rows, width]: the gradient of scale·Σ weight_i ‖W_i‖. */
export function addNormGradient(G: usize, W: usize, weight: usize, rows: u32, width: u32, scale: f32): void {
  const bytes = WORD * <usize>width;
  for (let i: u32 = 0; i < rows; i++) {
    const w = scale * load<f32>(weight + WORD * <usize>i);
    if (w == 0) continue;
    const row = W + <usize>i * bytes;
    const norm = sqrt(horizontal(dot(row, row, bytes)));
    if (norm == 0) continue;
    const factor = f32x4.splat(<f32>(<f64>w / norm));
    for (let c: usize = 0; c < bytes; c += 16) {
      const g = G + <usize>i * bytes + c;
      v128.store(g, f32x4.add(v128.load(g), f32x4.mul(factor, v128.load(row + c))));
    }
  }
}

/** Adds scale·Σ_r x[r] to `sums` [width]; a run of 16 columns is read at a time, one cache line of every row. */
export function addColumns(sums: usize, x: usize, rows: u32, width: u32, scale: f32): void {
  const bytes = WORD * <usize>width;
  const factor = f32x4.splat(scale);
  let c: usize = 0;
  for (const unrolled = bytes & ~63; c < unrolled; c += 64) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let at = x + c, end = at + <usize>rows * bytes; at < end; at += bytes) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
    }
    const to = sums + c;
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, s0)));
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(factor, s1)), 16);
    v128.store(to, f32x4.add(v128.load(to, 32), f32x4.mul(factor, s2)), 32);
    v128.store(to, f32x4.add(v128.load(to, 48), f32x4.mul(factor, s3)), 48);
  }
  for (; c < bytes; c += 16) {
    let sum = f32x4.splat(0);
    for (let at = x + c, end = at + <usize>rows * bytes; at < end; at += bytes) sum = f32x4.add(sum, v128.load(at));
    v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.mul(factor, sum)));
  }
}

/** Adds scale·Σ_i weight[i]·x[i] to `sums` [width]. */
export function addWeightedRows(
  sums: usize,
  x: usize,
  weight: usize,
  rows: u32,
  width: u32,
  scale: f32,
): void {
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const w = scale * load<f32>(weight + WORD * <usize>r);
    if (w == 0) continue;
    const factor = f32x4.splat(w);
    const row = x + <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      v128.store(sums + c, f32x4.add(v128.load(sums + c), f32x4.mul(factor, v128.load(row + c))));
    }
  }
}

/** Returns Σ v² over `count` floats (a multiple of 4), in f64 across runs of 1,024. */
export function sumOfSquares(values: usize, count: u32): f64 {
  let total: f64 = 0;
  const end = values + WORD * <usize>count;
  for (let at = values; at < end; at += 4096) {
    const run = min<usize>(4096, end - at);
    total += horizontal(dot(at, at, run));
  }
  return total;
}
