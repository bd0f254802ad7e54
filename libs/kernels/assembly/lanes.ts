/** Bytes of one f32 or u32. */
export const WORD: usize = 4;
/** Bytes of one SIMD vector. */
export const V128: usize = 16;

/** The sum of four lanes, in f64. */
// @ts-ignore: decorator
@inline
export function horizontal(v: v128): f64 {
  return (<f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1))
    + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

/** The product of two runs of `bytes` bytes of f32 (a multiple of 16), as four partial sums. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, bytes: usize): v128 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let c: usize = 0;
  for (const unrolled = bytes & ~63; c < unrolled; c += 64) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + c), v128.load(b + c)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + c, 16), v128.load(b + c, 16)));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(a + c, 32), v128.load(b + c, 32)));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(a + c, 48), v128.load(b + c, 48)));
  }
  for (; c < bytes; c += 16) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + c), v128.load(b + c)));
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/**
 * Adds Σ_e (scale·weight[e])·x[at[e]] to the run of `bytes` bytes at `out` (a multiple of 16), for the entries at byte
 * offsets [first, end) of `at` and `weight`; rows of x are `bytes` long. Four rows are read side by side along their
 * length, in streams that the processor fetches ahead; every sum is taken in the order of the entries.
 */
// @ts-ignore: decorator
@inline
export function addRows(
  out: usize, x: usize, bytes: usize, first: usize, end: usize, at: usize, weight: usize, scale: f32,
): void {
  const factor = f32x4.splat(scale);
  let e = first;
  for (const unrolled = first + ((end - first) & ~15); e < unrolled; e += 16) {
    const x0 = x + <usize>load<u32>(at + e) * bytes, x1 = x + <usize>load<u32>(at + e, 4) * bytes;
    const x2 = x + <usize>load<u32>(at + e, 8) * bytes, x3 = x + <usize>load<u32>(at + e, 12) * bytes;
    const f0 = f32x4.mul(factor, v128.load32_splat(weight + e));
    const f1 = f32x4.mul(factor, v128.load32_splat(weight + e, 4));
    const f2 = f32x4.mul(factor, v128.load32_splat(weight + e, 8));
    const f3 = f32x4.mul(factor, v128.load32_splat(weight + e, 12));
    let c: usize = 0;
    for (const pairs = bytes & ~31; c < pairs; c += 32) {
      let a = v128.load(out + c), b = v128.load(out + c, 16);
      a = f32x4.add(a, f32x4.mul(f0, v128.load(x0 + c)));
      b = f32x4.add(b, f32x4.mul(f0, v128.load(x0 + c, 16)));
      a = f32x4.add(a, f32x4.mul(f1, v128.load(x1 + c)));
      b = f32x4.add(b, f32x4.mul(f1, v128.load(x1 + c, 16)));
      a = f32x4.add(a, f32x4.mul(f2, v128.load(x2 + c)));
      b = f32x4.add(b, f32x4.mul(f2, v128.load(x2 + c, 16)));
      a = f32x4.add(a, f32x4.mul(f3, v128.load(x3 + c)));
      b = f32x4.add(b, f32x4.mul(f3, v128.load(x3 + c, 16)));
      v128.store(out + c, a);
      v128.store(out + c, b, 16);
    }
    for (; c < bytes; c += 16) {
      let a = v128.load(out + c);
      a = f32x4.add(a, f32x4.mul(f0, v128.load(x0 + c)));
      a = f32x4.add(a, f32x4.mul(f1, v128.load(x1 + c)));
      a = f32x4.add(a, f32x4.mul(f2, v128.load(x2 + c)));
      v128.store(out + c, f32x4.add(a, f32x4.mul(f3, v128.load(x3 + c))));
    }
  }
  if (end - e >= 8) {
    const x0 = x + <usize>load<u32>(at + e) * bytes, x1 = x + <usize>load<u32>(at + e, 4) * bytes;
    const f0 = f32x4.mul(factor, v128.load32_splat(weight + e));
    const f1 = f32x4.mul(factor, v128.load32_splat(weight + e, 4));
    for (let c: usize = 0; c < bytes; c += 16) {
      const a = f32x4.add(v128.load(out + c), f32x4.mul(f0, v128.load(x0 + c)));
      v128.store(out + c, f32x4.add(a, f32x4.mul(f1, v128.load(x1 + c))));
    }
    e += 8;
  }
  if (e == end) return;
  const last = x + <usize>load<u32>(at + e) * bytes;
  const f = f32x4.mul(factor, v128.load32_splat(weight + e));
  for (let c: usize = 0; c < bytes; c += 16) {
    v128.store(out + c, f32x4.add(v128.load(out + c), f32x4.mul(f, v128.load(last + c))));
  }
}
