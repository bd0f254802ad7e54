import { WORD } from './lanes';

/**
 * For entries [first, end), whose value is the gate π > 0: gate = π, value = max(0, (π − b_gate)·factor + b_mag).
 * Returns the number of values > 0.
 */
export function gateEntries(
  first: u32, end: u32, index: usize, value: usize, gate: usize, b_gate: usize, b_mag: usize, factor: usize,
): u32 {
  let fired: u32 = 0;
  for (let e = WORD * <usize>first, last = WORD * <usize>end; e < last; e += 4) {
    const i = WORD * <usize>load<u32>(index + e);
    const pi = load<f32>(value + e);
    const f = max<f32>(0, (pi - load<f32>(b_gate + i)) * load<f32>(factor + i) + load<f32>(b_mag + i));
    store<f32>(gate + e, pi);
    store<f32>(value + e, f);
    fired += u32(f > 0);
  }
  return fired;
}

/**
 * For entries [first, end): the magnitude's slope goes to G_mag and, times z·factor, to G_r; the gate's slope plus
 * penalty goes to G_b; slope becomes what the product x·W_enc gets of both. Per feature mass += gate, firings += [f > 0].
 */
export function gateSlopes(
  first: u32, end: u32, index: usize, value: usize, gate: usize, slope: usize, gateSlope: usize,
  b_gate: usize, factor: usize, penalty: usize, mass: usize, firings: usize,
  G_b: usize, G_mag: usize, G_r: usize, scale: f32,
): void {
  for (let e = WORD * <usize>first, last = WORD * <usize>end; e < last; e += 4) {
    const i = WORD * <usize>load<u32>(index + e);
    const pi = load<f32>(gate + e);
    let total = load<f32>(gateSlope + e) + load<f32>(penalty + i);
    store<f32>(G_b + i, load<f32>(G_b + i) + scale * total);
    store<f32>(mass + i, load<f32>(mass + i) + pi);
    if (load<f32>(value + e) > 0) {
      const s = load<f32>(slope + e);
      const through = s * load<f32>(factor + i);
      store<u32>(firings + i, load<u32>(firings + i) + 1);
      store<f32>(G_mag + i, load<f32>(G_mag + i) + scale * s);
      store<f32>(G_r + i, load<f32>(G_r + i) + scale * through * (pi - load<f32>(b_gate + i)));
      total += through;
    }
    store<f32>(slope + e, total);
  }
}

/**
 * Writes gate = max(0, z + b_gate) and, where that is > 0, out = max(0, z·factor + b_mag), else 0, over products z
 * [rows, width].
 */
export function gateRows(
  z: usize, rows: u32, width: u32, b_gate: usize, b_mag: usize, factor: usize, out: usize, gate: usize,
): void {
  const bytes = WORD * <usize>width;
  const zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const product = v128.load(z + at + c);
      const pi = f32x4.pmax(zero, f32x4.add(product, v128.load(b_gate + c)));
      const f = f32x4.add(f32x4.mul(product, v128.load(factor + c)), v128.load(b_mag + c));
      v128.store(gate + at + c, pi);
      v128.store(out + at + c, v128.and(f32x4.gt(pi, zero), f32x4.pmax(zero, f)));
    }
  }
}

/**
 * The magnitude's part over [rows, width]: G_mag += scale·slope and G_r += scale·slope·factor·z where f > 0; slope =
 * slope·factor there, 0 elsewhere. Returns the number of activations > 0.
 */
export function magnitudeRows(
  z: usize, value: usize, slope: usize, rows: u32, width: u32, factor: usize,
  firings: usize, G_mag: usize, G_r: usize, scale: f32,
): u32 {
  const bytes = WORD * <usize>width;
  const by = f32x4.splat(scale), zero = f32x4.splat(0);
  let counts = i32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const active = f32x4.gt(v128.load(value + at + c), zero);
      const s = v128.and(active, v128.load(slope + at + c));
      const through = f32x4.mul(s, v128.load(factor + c));
      v128.store(slope + at + c, through);
      v128.store(G_mag + c, f32x4.add(v128.load(G_mag + c), f32x4.mul(by, s)));
      const turned = f32x4.mul(by, f32x4.mul(through, v128.load(z + at + c)));
      v128.store(G_r + c, f32x4.add(v128.load(G_r + c), turned));
      v128.store(firings + c, i32x4.sub(v128.load(firings + c), active));
      counts = i32x4.sub(counts, active);
    }
  }
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
    + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

/**
 * The gate's part over [rows, width]: where z + b_gate > 0, t = gateSlope + penalty goes to G_b and onto slope, and
 * per feature mass += z + b_gate.
 */
export function gateSlopeRows(
  z: usize, gateSlope: usize, slope: usize, rows: u32, width: u32,
  b_gate: usize, penalty: usize, mass: usize, G_b: usize, scale: f32,
): void {
  const bytes = WORD * <usize>width;
  const by = f32x4.splat(scale), zero = f32x4.splat(0);
  for (let r: u32 = 0; r < rows; r++) {
    const at = <usize>r * bytes;
    for (let c: usize = 0; c < bytes; c += 16) {
      const pi = f32x4.pmax(zero, f32x4.add(v128.load(z + at + c), v128.load(b_gate + c)));
      const total = v128.and(f32x4.gt(pi, zero), f32x4.add(v128.load(gateSlope + at + c), v128.load(penalty + c)));
      v128.store(mass + c, f32x4.add(v128.load(mass + c), pi));
      v128.store(G_b + c, f32x4.add(v128.load(G_b + c), f32x4.mul(by, total)));
      v128.store(slope + at + c, f32x4.add(v128.load(slope + at + c), total));
    }
  }
}
