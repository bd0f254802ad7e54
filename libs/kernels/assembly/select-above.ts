import { WORD } from './lanes';
import { append } from './select';

/** What selectAbove returns where there are more entries than it may write. */
const OVERFLOW: u32 = 0xffff_ffff;

/**
 * Selects per row every feature with pre > 0 and pre > threshold (strict), indices ascending, appended row
 * after row; offsets[r + 1] receives the running count. Room for rows*width entries is needed. Returns the
 * number of entries.
 */
export function selectThreshold(
  product: usize, bias: usize, threshold: usize, rows: u32, width: u32,
  outIndex: usize, outValue: usize, offsets: usize,
): u32 {
  let entries: u32 = 0;
  const zero = f32x4.splat(0);
  store<u32>(offsets, 0);
  for (let r: u32 = 0; r < rows; r++) {
    const row = product + WORD * <usize>r * width;
    for (let i: u32 = 0; i < width; i += 4) {
      const at = WORD * <usize>i;
      const pre = f32x4.add(v128.load(row + at), v128.load(bias + at));
      const active = v128.and(f32x4.gt(pre, v128.load(threshold + at)), f32x4.gt(pre, zero));
      let mask = i32x4.bitmask(active);
      while (mask != 0) {
        const feature = i + ctz(mask);
        store<u32>(outIndex + WORD * <usize>entries, feature);
        store<f32>(outValue + WORD * <usize>entries, load<f32>(row + WORD * <usize>feature) + load<f32>(bias + WORD * <usize>feature));
        entries++;
        mask &= mask - 1;
      }
    }
    store<u32>(offsets + 4 * (r + 1), entries);
  }
  return entries;
}

/**
 * Selects per row every feature with product + bias > floor (strict), indices ascending, appended row after
 * row: offsets[0] says where, offsets[r + 1] receives the running count. Returns it, or OVERFLOW as soon as it
 * exceeds `limit`; room for `limit` + width entries is needed.
 */
export function selectAbove(
  product: usize, bias: usize, floor: usize, rows: u32, width: u32,
  outIndex: usize, outValue: usize, offsets: usize, limit: u32,
): u32 {
  const unrolled = width & ~15;
  let entries = load<u32>(offsets);
  for (let r: u32 = 0; r < rows; r++) {
    const row = product + WORD * <usize>r * width;
    let i: u32 = 0;
    for (; i < unrolled; i += 16) {
      const at = WORD * <usize>i;
      const p = row + at, b = bias + at, t = floor + at;
      const m0 = f32x4.gt(f32x4.add(v128.load(p), v128.load(b)), v128.load(t));
      const m1 = f32x4.gt(f32x4.add(v128.load(p, 16), v128.load(b, 16)), v128.load(t, 16));
      const m2 = f32x4.gt(f32x4.add(v128.load(p, 32), v128.load(b, 32)), v128.load(t, 32));
      const m3 = f32x4.gt(f32x4.add(v128.load(p, 48), v128.load(b, 48)), v128.load(t, 48));
      if (!v128.any_true(v128.or(v128.or(m0, m1), v128.or(m2, m3)))) continue;
      const mask = i32x4.bitmask(m0) | (i32x4.bitmask(m1) << 4) | (i32x4.bitmask(m2) << 8) | (i32x4.bitmask(m3) << 12);
      entries = append(row, bias, i, mask, outIndex, outValue, entries);
    }
    for (; i < width; i += 4) {
      const at = WORD * <usize>i;
      const above = f32x4.gt(f32x4.add(v128.load(row + at), v128.load(bias + at)), v128.load(floor + at));
      entries = append(row, bias, i, i32x4.bitmask(above), outIndex, outValue, entries);
    }
    if (entries > limit) return OVERFLOW;
    store<u32>(offsets + 4 * (r + 1), entries);
  }
  return entries;
}
