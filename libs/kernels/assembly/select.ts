import { V128, WORD } from './lanes';

/** Smallest positive f32: `v >= SMALLEST` is `v > 0`, so selection and ReLU are one comparison. */
const SMALLEST: f32 = 1.401298464324817e-45;

/** Halvings before a bound is taken as it is; 24 would separate any two floats of one magnitude. */
const BISECTIONS: i32 = 16;

const HALF: f32 = 0.5;

/**
 * Selects per row the `k` largest of pre = product + bias that are > 0 (ties: lowest index first), indices
 * ascending. `product` is [rows, width], width a multiple of 4; row r writes outCount[r] entries at
 * outIndex/outValue + r*k. `scratch` holds 3*width + 4*k + 4 words.
 */
export function selectTopK(
  product: usize, bias: usize, rows: u32, width: u32, k: u32,
  outIndex: usize, outValue: usize, outCount: usize, scratch: usize,
): void {
  const candidates = scratch + WORD * (<usize>k * 4 + 4);
  for (let r: u32 = 0; r < rows; r++) {
    const row = product + WORD * <usize>r * width;
    const bound = lowerBound(row, bias, width, k, scratch);
    const values = candidates + WORD * <usize>width;
    const found = collect(row, bias, width, bound, candidates, values);
    const at = WORD * <usize>r * k;
    keepLargest(candidates, found, width, k, outIndex + at, outValue + at, outCount + 4 * r);
  }
}

/**
 * As selectTopK, but only over the `listed` features (u32 [count], ascending); `scratch` holds 5*count + 4*k
 * + 24 words, and count is at least 1. Values and indices written are those of the whole row.
 */
export function selectListed(
  product: usize, bias: usize, rows: u32, width: u32, k: u32,
  list: usize, count: u32, outIndex: usize, outValue: usize, outCount: usize, scratch: usize,
): void {
  const padded = (count + 3) & ~3;
  const zeros = scratch;
  const gathered = zeros + WORD * <usize>padded;
  const rest = gathered + WORD * <usize>padded;
  const candidates = rest + WORD * (<usize>k * 4 + 4);
  memory.fill(zeros, 0, WORD * <usize>padded);
  for (let r: u32 = 0; r < rows; r++) {
    const row = product + WORD * <usize>r * width;
    for (let c: u32 = 0; c < padded; c++) {
      const i = c < count ? load<u32>(list + WORD * <usize>c) : 0;
      const pre = c < count ? load<f32>(row + WORD * <usize>i) + load<f32>(bias + WORD * <usize>i) : f32.NEGATIVE_INFINITY;
      store<f32>(gathered + WORD * <usize>c, pre);
    }
    const bound = lowerBound(gathered, zeros, padded, k, rest);
    const values = candidates + WORD * <usize>padded;
    const found = collect(gathered, zeros, padded, bound, candidates, values);
    const at = WORD * <usize>r * k;
    keepLargest(candidates, found, padded, k, outIndex + at, outValue + at, outCount + 4 * r);
    const kept = load<u32>(outCount + 4 * r);
    for (let e: u32 = 0; e < kept; e++) {
      const slot = outIndex + at + WORD * <usize>e;
      store<u32>(slot, load<u32>(list + WORD * <usize>load<u32>(slot)));
    }
  }
}

/**
 * A value that at least k entries of the row reach, and few more: the k-th largest of the maxima of 4k
 * groups. Never below SMALLEST, for entries that are not positive are not wanted.
 */
function lowerBound(row: usize, bias: usize, width: u32, k: u32, maxima: usize): f32 {
  const vectors = width >> 2;
  const groupVectors = vectors / k;
  if (groupVectors < 2) return SMALLEST;
  const groupBytes = V128 * <usize>groupVectors;
  let at: usize = 0;
  for (let g: u32 = 0; g < k; g++) {
    let even = f32x4.splat(f32.NEGATIVE_INFINITY);
    let odd = even;
    const end = at + (groupBytes & ~31);
    for (; at < end; at += 32) {
      even = f32x4.pmax(even, f32x4.add(v128.load(row + at), v128.load(bias + at)));
      odd = f32x4.pmax(odd, f32x4.add(v128.load(row + at, 16), v128.load(bias + at, 16)));
    }
    if (groupVectors & 1) {
      even = f32x4.pmax(even, f32x4.add(v128.load(row + at), v128.load(bias + at)));
      at += 16;
    }
    v128.store(maxima + V128 * <usize>g, f32x4.pmax(even, odd));
  }
  return bisect(maxima, 4 * k, k, k + (k >> 2));
}

/**
 * Writes index and value of every entry with product + bias >= bound, ascending by index; returns their
 * number.
 */
function collect(row: usize, bias: usize, width: u32, bound: f32, indices: usize, values: usize): u32 {
  const floor = f32x4.splat(bound);
  const unrolled = width & ~15;
  let found: u32 = 0;
  let i: u32 = 0;
  for (; i < unrolled; i += 16) {
    const p = row + WORD * <usize>i;
    const b = bias + WORD * <usize>i;
    const m0 = f32x4.ge(f32x4.add(v128.load(p), v128.load(b)), floor);
    const m1 = f32x4.ge(f32x4.add(v128.load(p, 16), v128.load(b, 16)), floor);
    const m2 = f32x4.ge(f32x4.add(v128.load(p, 32), v128.load(b, 32)), floor);
    const m3 = f32x4.ge(f32x4.add(v128.load(p, 48), v128.load(b, 48)), floor);
    if (!v128.any_true(v128.or(v128.or(m0, m1), v128.or(m2, m3)))) continue;
    const mask = i32x4.bitmask(m0) | (i32x4.bitmask(m1) << 4) | (i32x4.bitmask(m2) << 8) | (i32x4.bitmask(m3) << 12);
    found = append(row, bias, i, mask, indices, values, found);
  }
  for (; i < width; i += 4) {
    const pre = f32x4.add(v128.load(row + WORD * <usize>i), v128.load(bias + WORD * <usize>i));
    found = append(row, bias, i, i32x4.bitmask(f32x4.ge(pre, floor)), indices, values, found);
  }
  return found;
}

/** Appends index and value of the entries first + n for every bit n of `bits`; returns the new count. */
// @ts-ignore: decorator
@inline
export function append(row: usize, bias: usize, first: u32, bits: i32, indices: usize, values: usize, count: u32): u32 {
  let mask = bits;
  let found = count;
  while (mask != 0) {
    const i = first + ctz(mask);
    store<u32>(indices + WORD * <usize>found, i);
    store<f32>(values + WORD * <usize>found, load<f32>(row + WORD * <usize>i) + load<f32>(bias + WORD * <usize>i));
    found++;
    mask &= mask - 1;
  }
  return found;
}

/**
 * A bound >= SMALLEST that at least `atLeast` of `count` values (a multiple of 4) reach, and at most
 * `atMost` where halving finds such a bound in BISECTIONS steps; SMALLEST where fewer than `atLeast` values
 * are positive.
 */
function bisect(values: usize, count: u32, atLeast: u32, atMost: u32): f32 {
  let low = SMALLEST;
  let reached = countFrom(values, count, low);
  if (reached <= atMost) return low;
  let high = largest(values, count);
  for (let step = 0; step < BISECTIONS; step++) {
    const middle: f32 = HALF * low + HALF * high;
    reached = countFrom(values, count, middle);
    if (reached < atLeast) {
      high = middle;
      continue;
    }
    low = middle;
    if (reached <= atMost) break;
  }
  return low;
}

/** How many of `count` values (a multiple of 4) are >= bound. */
// @ts-ignore: decorator
@inline
function countFrom(values: usize, count: u32, bound: f32): u32 {
  const floor = f32x4.splat(bound);
  let counts = i32x4.splat(0);
  for (let at = values, end = values + WORD * <usize>count; at < end; at += V128) {
    counts = i32x4.sub(counts, f32x4.ge(v128.load(at), floor));
  }
  return i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
    + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

function countEqual(values: usize, count: u32, value: f32): u32 {
  let equal: u32 = 0;
  for (let c: u32 = 0; c < count; c++) equal += u32(load<f32>(values + WORD * <usize>c) == value);
  return equal;
}

// @ts-ignore: decorator
@inline
function largest(values: usize, count: u32): f32 {
  let top = f32x4.splat(f32.NEGATIVE_INFINITY);
  for (let at = values, end = values + WORD * <usize>count; at < end; at += V128) {
    top = f32x4.pmax(top, v128.load(at));
  }
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

/**
 * Copies the k largest of `found` candidates (all of them where fewer), ties lowest index first. Halving
 * separates the k-th from the next value unless they are equal or nearly so: then the exact value is selected.
 */
function keepLargest(
  candidates: usize, found: u32, room: u32, k: u32, outIndex: usize, outValue: usize, outCount: usize,
): void {
  const values = candidates + WORD * <usize>room;
  let low = SMALLEST;
  let surplus: u32 = 0;
  if (found > k) {
    const padded = (found + 3) & ~3;
    for (let c = found; c < padded; c++) store<f32>(values + WORD * <usize>c, 0);
    low = bisect(values, padded, k, k);
    surplus = countFrom(values, padded, low) - k;
    if (surplus > 0) {
      const work = values + WORD * <usize>room;
      memory.copy(work, values, WORD * <usize>found);
      low = kthLargest(work, found, k);
      surplus = countFrom(values, padded, low) - k;
    }
  }
  let ties = surplus > 0 ? countEqual(values, found, low) - surplus : found;
  let kept: u32 = 0;
  for (let c: u32 = 0; c < found && kept < k; c++) {
    const value = load<f32>(values + WORD * <usize>c);
    store<u32>(outIndex + WORD * <usize>kept, load<u32>(candidates + WORD * <usize>c));
    store<f32>(outValue + WORD * <usize>kept, value);
    const tied = value == low;
    const keep = u32(value > low) | (u32(tied) & u32(ties > 0));
    ties -= u32(tied) & u32(ties > 0);
    kept += keep;
  }
  store<u32>(outCount, kept);
}

/** The k-th largest of `count` values (k from 1); reorders them (Hoare's selection, median of three). */
function kthLargest(values: usize, count: u32, k: u32): f32 {
  let left: i32 = 0;
  let right: i32 = <i32>count - 1;
  const target: i32 = <i32>k - 1;
  while (left < right) {
    const a = load<f32>(values + WORD * <usize>left);
    const b = load<f32>(values + WORD * <usize>((left + right) >> 1));
    const c = load<f32>(values + WORD * <usize>right);
    const pivot = max(min(a, b), min(max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while (load<f32>(values + WORD * <usize>i) > pivot) i++;
      while (load<f32>(values + WORD * <usize>j) < pivot) j--;
      if (i <= j) {
        const swap = load<f32>(values + WORD * <usize>i);
        store<f32>(values + WORD * <usize>i, load<f32>(values + WORD * <usize>j));
        store<f32>(values + WORD * <usize>j, swap);
        i++;
        j--;
      }
    }
    if (target <= j) right = j;
    else if (target >= i) left = i;
    else break;
  }
  return load<f32>(values + WORD * <usize>target);
}
