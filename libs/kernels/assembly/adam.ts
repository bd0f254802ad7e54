import { dot, horizontal, WORD } from './lanes';

/**
 * Moments below this are set to zero: they move nothing, and denormal arithmetic is slow on some processors.
 */
const NEGLIGIBLE: f32 = 1e-37;

/**
 * One Adam step over `count` floats (a multiple of 4), Kingma & Ba 2015 with bias corrections folded into
 * the two rates:
 *
 *     g = gradientScale·G;  m = β1 m + (1−β1) g;  v = β2 v + (1−β2) g²;  W −= rate·m / (√v·rootScale + ε)
 */
export function adam(
  W: usize,
  m: usize,
  v: usize,
  G: usize,
  count: u32,
  gradientScale: f32,
  beta1: f32,
  beta2: f32,
  rate: f32,
  rootScale: f32,
  epsilon: f32,
): void {
  const scale = f32x4.splat(gradientScale);
  const keep1 = f32x4.splat(beta1),
    take1 = f32x4.splat(1 - beta1);
  const keep2 = f32x4.splat(beta2),
    take2 = f32x4.splat(1 - beta2);
  const step = f32x4.splat(rate),
    root = f32x4.splat(rootScale),
    floor = f32x4.splat(epsilon);
  const negligible = f32x4.splat(NEGLIGIBLE);
  for (let c: usize = 0, end = WORD * <usize>count; c < end; c += 16) {
    const g = f32x4.mul(scale, v128.load(G + c));
    let mean = f32x4.add(f32x4.mul(keep1, v128.load(m + c)), f32x4.mul(take1, g));
    let square = f32x4.add(f32x4.mul(keep2, v128.load(v + c)), f32x4.mul(take2, f32x4.mul(g, g)));
    mean = v128.and(mean, f32x4.gt(f32x4.abs(mean), negligible));
    square = v128.and(square, f32x4.gt(square, negligible));
    v128.store(m + c, mean);
    v128.store(v + c, square);
    const change = f32x4.div(f32x4.mul(step, mean), f32x4.add(f32x4.mul(f32x4.sqrt(square), root), floor));
    v128.store(W + c, f32x4.sub(v128.load(W + c), change));
  }
}

/** Scales every row of W [rows, width] to unit length; rows of length 0 stay as they are. */
export function unitRows(W: usize, rows: u32, width: u32): void {
  const bytes = WORD * <usize>width;
  for (let i: u32 = 0; i < rows; i++) {
    const row = W + <usize>i * bytes;
    const norm = sqrt(horizontal(dot(row, row, bytes)));
    if (norm == 0) continue;
    const scale = f32x4.splat(<f32>(1 / norm));
    for (let c: usize = 0; c < bytes; c += 16) v128.store(row + c, f32x4.mul(scale, v128.load(row + c)));
  }
}
