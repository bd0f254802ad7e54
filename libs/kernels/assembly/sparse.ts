import { addRows, dot, horizontal, WORD } from './lanes';

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
  for (let r: u32 = 0; r < rows; r++) {
    const first = WORD * <usize>load<u32>(begin + 4 * r), last = WORD * <usize>load<u32>(end + 4 * r);
    const row = out + <usize>r * bytes;
    addRows(row, W, bytes, first, last, index, value, 1);
    total += horizontal(dot(row, row, bytes));
  }
  return total;
}

/**
 * Decodes as decodeRows, and writes slope[e] = out[r]·W[index[e]] of every entry while the rows of W are in cache: how
 * the loss moves with every active feature, unscaled.
 */
export function reconstructRows(
  out: usize, W: usize, rows: u32, width: u32, begin: usize, end: usize, index: usize, value: usize, slope: usize,
): f64 {
  let total: f64 = 0;
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const first = WORD * <usize>load<u32>(begin + 4 * r), last = WORD * <usize>load<u32>(end + 4 * r);
    const row = out + <usize>r * bytes;
    addRows(row, W, bytes, first, last, index, value, 1);
    total += horizontal(dot(row, row, bytes));
    projectRow(slope, row, W, bytes, first, last, index);
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
    const first = WORD * <usize>load<u32>(begin + 4 * r), last = WORD * <usize>load<u32>(end + 4 * r);
    projectRow(out, x + <usize>r * bytes, W, bytes, first, last, index);
  }
}

// @ts-ignore: decorator
@inline
function projectRow(out: usize, row: usize, W: usize, bytes: usize, first: usize, end: usize, index: usize): void {
  for (let e = first; e < end; e += 4) {
    const w = W + <usize>load<u32>(index + e) * bytes;
    store<f32>(out + e, <f32>horizontal(dot(row, w, bytes)));
  }
}
