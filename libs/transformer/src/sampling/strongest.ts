export interface TokenLogit {
  id: number;
  logit: number;
}

/** Finds the `count` entries whose value times `sign` is largest, in order; lower index first among equals. */
export function strongest(values: Float32Array, count: number, sign: 1 | -1): TokenLogit[] {
  const kept: TokenLogit[] = [];
  if (count === 0) return kept;
  for (let id = 0; id < values.length; id++) {
    const logit = values[id]!;
    // Ids come in order, so an equal value later never displaces one that is kept.
    if (kept.length === count && logit * sign <= kept.at(-1)!.logit * sign) continue;
    if (kept.length === count) kept.pop();
    kept.splice(placeOf(kept, logit * sign, sign), 0, { id, logit });
  }
  return kept;
}

/** The first place whose value times `sign` is smaller than `strength`. */
function placeOf(kept: readonly TokenLogit[], strength: number, sign: number): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (kept[middle]!.logit * sign < strength) high = middle;
    else low = middle + 1;
  }
  return low;
}
