import { dot, horizontal, WORD } from './lanes';

/**
 * Writes out[r] = b_dec − x[r] for `rows` rows of `width` floats (a multiple of 4): where a residual x̂ − x
 * begins.
 */
export function residualBase(out: usize, b_dec: usize, x: usize, rows: u32, width: u32): void {
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      v128.store(out + at + c, f32x4.sub(v128.load(b_dec + c), v128.load(x + at + c)));
    }
  }
}

/**
 * Adds the sparse decode to every row: out[r] += Σ_e value[e]·W[index[e]] for the entries e from begin[r] to
 * end[r]. W is [·, width]. Returns Σ_r ‖out[r]‖².
 */
export function decodeRows(
  out: usize, W: usize, rows: u32, width: u32, begin: usize, end: usize, index: usize, value: usize,
): f64 {
  let total: f64 = 0;
  const bytes = WORD * <usize>width;
  const unrolled = bytes & ~127;
  for (let r: u32 = 0; r < rows; r++) {
    const first = WORD * <usize>load<u32>(begin + 4 * r);
    const entries = WORD * <usize>load<u32>(end + 4 * r) - first;
    const row = out + <usize>r * bytes;
    let squares = f32x4.splat(0);
    let c: usize = 0;
    for (; c < unrolled; c += 128) {
      squares = f32x4.add(squares, decode32(row + c, W + c, bytes, entries, index + first, value + first));
    }
    for (; c < bytes; c += 16) {
      let sum = v128.load(row + c);
      for (let e: usize = 0; e < entries; e += 4) {
        const w = W + c + <usize>load<u32>(index + first + e) * bytes;
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(value + first + e), v128.load(w)));
      }
      v128.store(row + c, sum);
      squares = f32x4.add(squares, f32x4.mul(sum, sum));
    }
    total += horizontal(squares);
  }
  return total;
}

/**
 * Writes out[e] = x[r]·W[index[e]] for the entries e from begin[r] to end[r]: how the loss moves with every active
 * feature, unscaled.
 */
export function projectRows(
  out: usize, x: usize, W: usize, rows: u32, width: u32, begin: usize, end: usize, index: usize,
): void {
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const first = WORD * <usize>load<u32>(begin + 4 * r);
    const entries = WORD * <usize>load<u32>(end + 4 * r) - first;
    const row = x + <usize>r * bytes;
    for (let e: usize = 0; e < entries; e += 4) {
      const w = W + <usize>load<u32>(index + first + e) * bytes;
      store<f32>(out + first + e, <f32>horizontal(dot(row, w, bytes)));
    }
  }
}

// @ts-ignore: decorator
@inline
function decode32(row: usize, W: usize, bytes: usize, entries: usize, index: usize, value: usize): v128 {
  let a0 = v128.load(row), a1 = v128.load(row, 16), a2 = v128.load(row, 32), a3 = v128.load(row, 48);
  let a4 = v128.load(row, 64), a5 = v128.load(row, 80), a6 = v128.load(row, 96), a7 = v128.load(row, 112);
  for (let e: usize = 0; e < entries; e += 4) {
    const w = W + <usize>load<u32>(index + e) * bytes;
    const f = v128.load32_splat(value + e);
    a0 = f32x4.add(a0, f32x4.mul(f, v128.load(w)));
    a1 = f32x4.add(a1, f32x4.mul(f, v128.load(w, 16)));
    a2 = f32x4.add(a2, f32x4.mul(f, v128.load(w, 32)));
    a3 = f32x4.add(a3, f32x4.mul(f, v128.load(w, 48)));
    a4 = f32x4.add(a4, f32x4.mul(f, v128.load(w, 64)));
    a5 = f32x4.add(a5, f32x4.mul(f, v128.load(w, 80)));
    a6 = f32x4.add(a6, f32x4.mul(f, v128.load(w, 96)));
    a7 = f32x4.add(a7, f32x4.mul(f, v128.load(w, 112)));
  }
  v128.store(row, a0); v128.store(row, a1, 16); v128.store(row, a2, 32); v128.store(row, a3, 48);
  v128.store(row, a4, 64); v128.store(row, a5, 80); v128.store(row, a6, 96); v128.store(row, a7, 112);
  const low = f32x4.add(f32x4.add(f32x4.mul(a0, a0), f32x4.mul(a1, a1)), f32x4.add(f32x4.mul(a2, a2), f32x4.mul(a3, a3)));
  const high = f32x4.add(f32x4.add(f32x4.mul(a4, a4), f32x4.mul(a5, a5)), f32x4.add(f32x4.mul(a6, a6), f32x4.mul(a7, a7)));
  return f32x4.add(low, high);
}
