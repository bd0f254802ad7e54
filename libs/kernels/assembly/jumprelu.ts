import { WORD } from './lanes';

/**
 * Sets to 0 the value of every entry of [first, end) that is not above the threshold of its feature. Returns how many
 * are.
 */
export function jumpEntries(first: u32, end: u32, index: usize, value: usize, threshold: usize): u32 {
  let fired = end - first;
  for (let e = WORD * <usize>first, last = WORD * <usize>end; e < last; e += 4) {
    const i = WORD * <usize>load<u32>(index + e);
    if (load<f32>(value + e) > load<f32>(threshold + i)) continue;
    store<f32>(value + e, 0);
    fired--;
  }
  return fired;
}

/**
 * For entries [first, end), whose value is 0 where they lie in the window below their threshold: per feature
 * pull += slope and crossings += 1 inside the window (up to `ceiling`), firings += [f > 0], G_b += scale·slope
 * where f > 0; elsewhere slope = 0. Returns the number of activations > 0.
 */
export function jumpSlopes(
  first: u32, end: u32, index: usize, value: usize, slope: usize, ceiling: usize,
  pull: usize, crossings: usize, firings: usize, G_b: usize, scale: f32,
): u32 {
  let fired: u32 = 0;
  for (let e = WORD * <usize>first, last = WORD * <usize>end; e < last; e += 4) {
    const i = WORD * <usize>load<u32>(index + e);
    const f = load<f32>(value + e);
    const s = load<f32>(slope + e);
    if (f <= load<f32>(ceiling + i)) {
      store<f32>(pull + i, load<f32>(pull + i) + s);
      store<f32>(crossings + i, load<f32>(crossings + i) + 1);
    }
    if (f > 0) {
      fired++;
      store<u32>(firings + i, load<u32>(firings + i) + 1);
      store<f32>(G_b + i, load<f32>(G_b + i) + scale * s);
    } else {
      store<f32>(slope + e, 0);
    }
  }
  return fired;
}

/** Writes out = pre where pre > threshold, else 0, and pre = product + bias back, over [rows, width]. */
export function jumpRows(product: usize, bias: usize, threshold: usize, rows: u32, width: u32, out: usize): void {
  const bytes = WORD * <usize>width;
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const pre = f32x4.add(v128.load(product + at + c), v128.load(bias + c));
      v128.store(product + at + c, pre);
      v128.store(out + at + c, v128.and(pre, f32x4.gt(pre, v128.load(threshold + c))));
    }
  }
}

/** As jumpSlopes, over pre-activations, activations and slopes [rows, width], the window being (floor, ceiling]. */
export function jumpSlopeRows(
  pre: usize, value: usize, slope: usize, rows: u32, width: u32, floor: usize, ceiling: usize,
  pull: usize, crossings: usize, firings: usize, G_b: usize, scale: f32,
): u32 {
  const bytes = WORD * <usize>width;
  const factor = f32x4.splat(scale), zero = f32x4.splat(0), one = f32x4.splat(1);
  let counts = i32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const z = v128.load(pre + at + c);
      const s = v128.load(slope + at + c);
      const inside = v128.and(f32x4.gt(z, v128.load(floor + c)), f32x4.le(z, v128.load(ceiling + c)));
      v128.store(pull + c, f32x4.add(v128.load(pull + c), v128.and(inside, s)));
      v128.store(crossings + c, f32x4.add(v128.load(crossings + c), v128.and(inside, one)));
      const active = f32x4.gt(v128.load(value + at + c), zero);
      const kept = v128.and(active, s);
      v128.store(slope + at + c, kept);
      v128.store(firings + c, i32x4.sub(v128.load(firings + c), active));
      v128.store(G_b + c, f32x4.add(v128.load(G_b + c), f32x4.mul(factor, kept)));
      counts = i32x4.sub(counts, active);
    }
  }
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
    + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}
