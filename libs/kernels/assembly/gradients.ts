import { addRows, dot, horizontal, WORD } from './lanes';

/**
 * Sorts the entries (row, value, slope) of `rows` rows, from begin[r] to end[r], by feature, row order kept
 * within a feature: starts [features + 1], then entryRow, entryValue and entrySlope [starts[features]]. Returns the
 * number of entries.
 */
export function sortByFeature(
  rows: u32, features: u32, begin: usize, end: usize, index: usize, value: usize, slope: usize,
  starts: usize, entryRow: usize, entryValue: usize, entrySlope: usize,
): u32 {
  memory.fill(starts, 0, WORD * (<usize>features + 1));
  for (let r: u32 = 0; r < rows; r++) {
    const last = index + WORD * <usize>load<u32>(end + 4 * r);
    for (let at = index + WORD * <usize>load<u32>(begin + 4 * r); at < last; at += 4) {
      const cell = starts + WORD * <usize>load<u32>(at);
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  let total: u32 = 0;
  for (let i: u32 = 0; i <= features; i++) {
    const cell = starts + WORD * <usize>i;
    const here = load<u32>(cell);
    store<u32>(cell, total);
    total += here;
  }
  for (let r: u32 = 0; r < rows; r++) {
    const last = WORD * <usize>load<u32>(end + 4 * r);
    for (let at = WORD * <usize>load<u32>(begin + 4 * r); at < last; at += 4) {
      const cell = starts + WORD * <usize>load<u32>(index + at);
      const slot = load<u32>(cell);
      store<u32>(cell, slot + 1);
      store<u32>(entryRow + WORD * <usize>slot, r);
      store<f32>(entryValue + WORD * <usize>slot, load<f32>(value + at));
      store<f32>(entrySlope + WORD * <usize>slot, load<f32>(slope + at));
    }
  }
  // Every start has moved to its feature's end: shift them back by one.
  memory.copy(starts + 4, starts, WORD * <usize>features);
  store<u32>(starts, 0);
  return total;
}

/**
 * Adds to row i of G [features, width] the sum over the feature's entries of scale·weight[e]·x[entryRow[e]].
 * Rows without entries stay as they are.
 */
export function accumulateByFeature(
  G: usize, features: u32, width: u32, starts: usize, entryRow: usize, weight: usize, x: usize, scale: f32,
): void {
  const bytes = WORD * <usize>width;
  for (let i: u32 = 0; i < features; i++) {
    const first = WORD * <usize>load<u32>(starts + WORD * <usize>i);
    const end = WORD * <usize>load<u32>(starts + WORD * <usize>i, 4);
    if (first == end) continue;
    addRows(G + <usize>i * bytes, x, bytes, first, end, entryRow, weight, scale);
  }
}

/** Adds scale·Σ_e slope[e] over every feature's entries to G_b [features]: the encoder bias gradient. */
export function accumulateBias(G_b: usize, features: u32, starts: usize, slope: usize, scale: f32): void {
  for (let i: u32 = 0; i < features; i++) {
    const end = WORD * <usize>load<u32>(starts + WORD * <usize>i, 4);
    let sum: f32 = 0;
    for (let e = WORD * <usize>load<u32>(starts + WORD * <usize>i); e < end; e += 4) sum += load<f32>(slope + e);
    const cell = G_b + WORD * <usize>i;
    store<f32>(cell, load<f32>(cell) + scale * sum);
  }
}

/** Removes from every row of G its part along the unit row of W [rows, width]: G_i −= (G_i·W_i) W_i. */
export function removeParallel(G: usize, W: usize, rows: u32, width: u32): void {
  const bytes = WORD * <usize>width;
  for (let i: u32 = 0; i < rows; i++) {
    const g = G + <usize>i * bytes;
    const w = W + <usize>i * bytes;
    const along = f32x4.splat(<f32>horizontal(dot(g, w, bytes)));
    for (let c: usize = 0; c < bytes; c += 16) {
      v128.store(g + c, f32x4.sub(v128.load(g + c), f32x4.mul(along, v128.load(w + c))));
    }
  }
}
