import { dot, horizontal, WORD } from './lanes';

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
 * Rows without entries stay as they are. A run of 32 columns of one row is held in registers at a time.
 */
export function accumulateByFeature(
  G: usize, features: u32, width: u32, starts: usize, entryRow: usize, weight: usize, x: usize, scale: f32,
): void {
  const bytes = WORD * <usize>width;
  const unrolled = bytes & ~127;
  const factor = f32x4.splat(scale);
  for (let i: u32 = 0; i < features; i++) {
    const first = WORD * <usize>load<u32>(starts + WORD * <usize>i);
    const end = WORD * <usize>load<u32>(starts + WORD * <usize>i, 4);
    if (first == end) continue;
    const row = G + <usize>i * bytes;
    let c: usize = 0;
    for (; c < unrolled; c += 128) accumulate32(row + c, x + c, bytes, first, end, entryRow, weight, factor);
    for (; c < bytes; c += 16) {
      let sum = f32x4.splat(0);
      for (let e = first; e < end; e += 4) {
        const from = x + c + <usize>load<u32>(entryRow + e) * bytes;
        sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weight + e), v128.load(from)));
      }
      v128.store(row + c, f32x4.add(v128.load(row + c), f32x4.mul(factor, sum)));
    }
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

// @ts-ignore: decorator
@inline
function accumulate32(
  out: usize, x: usize, bytes: usize, first: usize, end: usize, entryRow: usize, weight: usize, factor: v128,
): void {
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (let e = first; e < end; e += 4) {
    const from = x + <usize>load<u32>(entryRow + e) * bytes;
    const f = v128.load32_splat(weight + e);
    a0 = f32x4.add(a0, f32x4.mul(f, v128.load(from)));
    a1 = f32x4.add(a1, f32x4.mul(f, v128.load(from, 16)));
    a2 = f32x4.add(a2, f32x4.mul(f, v128.load(from, 32)));
    a3 = f32x4.add(a3, f32x4.mul(f, v128.load(from, 48)));
    a4 = f32x4.add(a4, f32x4.mul(f, v128.load(from, 64)));
    a5 = f32x4.add(a5, f32x4.mul(f, v128.load(from, 80)));
    a6 = f32x4.add(a6, f32x4.mul(f, v128.load(from, 96)));
    a7 = f32x4.add(a7, f32x4.mul(f, v128.load(from, 112)));
  }
  v128.store(out, f32x4.add(v128.load(out), f32x4.mul(factor, a0)));
  v128.store(out, f32x4.add(v128.load(out, 16), f32x4.mul(factor, a1)), 16);
  v128.store(out, f32x4.add(v128.load(out, 32), f32x4.mul(factor, a2)), 32);
  v128.store(out, f32x4.add(v128.load(out, 48), f32x4.mul(factor, a3)), 48);
  v128.store(out, f32x4.add(v128.load(out, 64), f32x4.mul(factor, a4)), 64);
  v128.store(out, f32x4.add(v128.load(out, 80), f32x4.mul(factor, a5)), 80);
  v128.store(out, f32x4.add(v128.load(out, 96), f32x4.mul(factor, a6)), 96);
  v128.store(out, f32x4.add(v128.load(out, 112), f32x4.mul(factor, a7)), 112);
}
