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
