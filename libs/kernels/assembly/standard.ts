import { WORD } from './lanes';

/**
 * For entries [first, end): slope += penalty of the feature, and per feature mass += value, firings += 1, G_b +=
 * scale·slope.
 */
export function penaliseEntries(
  first: u32, end: u32, index: usize, value: usize, slope: usize,
  penalty: usize, mass: usize, firings: usize, G_b: usize, scale: f32,
): void {
  for (let e = WORD * <usize>first, last = WORD * <usize>end; e < last; e += 4) {
    const i = WORD * <usize>load<u32>(index + e);
    const total = load<f32>(slope + e) + load<f32>(penalty + i);
    store<f32>(slope + e, total);
    store<f32>(mass + i, load<f32>(mass + i) + load<f32>(value + e));
    store<u32>(firings + i, load<u32>(firings + i) + 1);
    store<f32>(G_b + i, load<f32>(G_b + i) + scale * total);
  }
}

/** Writes out = max(0, product + bias) over [rows, width]. */
export function rectifyRows(product: usize, bias: usize, rows: u32, width: u32, out: usize): void {
  const bytes = WORD * <usize>width;
  const zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const pre = f32x4.add(v128.load(product + at + c), v128.load(bias + c));
      v128.store(out + at + c, f32x4.pmax(zero, pre));
    }
  }
}

/**
 * Over activations and slopes [rows, width]: slope = f > 0 ? slope + penalty : 0, and per feature mass += f,
 * firings += [f > 0], G_b += scale·slope. Returns the number of activations > 0.
 */
export function penaliseRows(
  value: usize, slope: usize, rows: u32, width: u32,
  penalty: usize, mass: usize, firings: usize, G_b: usize, scale: f32,
): u32 {
  const bytes = WORD * <usize>width;
  const factor = f32x4.splat(scale);
  const zero = f32x4.splat(0);
  let counts = i32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const f = v128.load(value + at + c);
      const active = f32x4.gt(f, zero);
      const total = v128.and(active, f32x4.add(v128.load(slope + at + c), v128.load(penalty + c)));
      v128.store(slope + at + c, total);
      v128.store(mass + c, f32x4.add(v128.load(mass + c), f));
      v128.store(firings + c, i32x4.sub(v128.load(firings + c), active));
      v128.store(G_b + c, f32x4.add(v128.load(G_b + c), f32x4.mul(factor, total)));
      counts = i32x4.sub(counts, active);
    }
  }
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
    + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}
