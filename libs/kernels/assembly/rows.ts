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

/** Adds scale·Σ_r x[r] to `sums` [width]. */
export function addColumns(sums: usize, x: usize, rows: u32, width: u32, scale: f32): void {
  const bytes = WORD * <usize>width;
  const factor = f32x4.splat(scale);
  for (let c: usize = 0; c < bytes; c += 16) {
    let sum = f32x4.splat(0);
    for (let at = x + c, end = at + <usize>rows * bytes; at < end; at += bytes)
      sum = f32x4.add(sum, v128.load(at));
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
