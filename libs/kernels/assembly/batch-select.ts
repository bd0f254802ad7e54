import { WORD } from './lanes';

/**
 * Keeps the `keep` largest of the entries of `rows` rows (offsets [rows + 1]; values all > 0), ties lowest row
 * and index first: moves index and value together in place and rewrites offsets. All stay where there are no more
 * than `keep`. Returns the smallest value that is kept, 0 where there is none.
 */
export function keepLargestEntries(rows: u32, offsets: usize, index: usize, value: usize, keep: u32): f32 {
  const total = load<u32>(offsets + 4 * rows);
  let bound: i32 = 1;
  let ties = total;
  if (total > keep) {
    bound = kthLargestBits(value, total, keep);
    ties = keep - countFromBits(value, total, bound + 1);
  }
  let smallest: f32 = f32.POSITIVE_INFINITY;
  let kept: u32 = 0;
  let e: u32 = 0;
  for (let r: u32 = 0; r < rows; r++) {
    for (const end = load<u32>(offsets + 4 * (r + 1)); e < end; e++) {
      const f = load<f32>(value + WORD * <usize>e);
      const bits = reinterpret<i32>(f);
      if (bits < bound) continue;
      if (bits == bound) {
        if (ties == 0) continue;
        ties--;
      }
      store<u32>(index + WORD * <usize>kept, load<u32>(index + WORD * <usize>e));
      store<f32>(value + WORD * <usize>kept, f);
      smallest = min(smallest, f);
      kept++;
    }
    store<u32>(offsets + 4 * (r + 1), kept);
  }
  return kept > 0 ? smallest : 0;
}

/** The bits of the k-th largest of `count` values > 0, by halving: positive floats are ordered as their bits. */
function kthLargestBits(values: usize, count: u32, k: u32): i32 {
  let low: i32 = 1;
  let high: i32 = 0x7f80_0001;
  while (high - low > 1) {
    const middle = low + ((high - low) >> 1);
    if (countFromBits(values, count, middle) >= k) low = middle;
    else high = middle;
  }
  return low;
}

/** How many of `count` values have bits >= bound, as signed integers. */
function countFromBits(values: usize, count: u32, bound: i32): u32 {
  const floor = i32x4.splat(bound);
  let even = i32x4.splat(0), odd = even;
  let at = values;
  for (const unrolled = values + WORD * <usize>(count & ~7); at < unrolled; at += 32) {
    even = i32x4.sub(even, i32x4.ge_s(v128.load(at), floor));
    odd = i32x4.sub(odd, i32x4.ge_s(v128.load(at, 16), floor));
  }
  const counts = i32x4.add(even, odd);
  let total: u32 = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
    + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  for (const end = values + WORD * <usize>count; at < end; at += 4) total += u32(load<i32>(at) >= bound);
  return total;
}
