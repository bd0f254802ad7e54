/** How many concepts have a feature of their own. */
export interface ConceptShare {
  readonly concepts: number;
  /** Share of the concepts whose F1 is at least the wanted one. */
  readonly share: number;
  readonly median: number;
}

/** F1 from which on a concept counts as having a feature. */
export const WANTED_F1 = 0.8;

/** Sums up the F1 of the best feature of every concept; the median of an even number lies between the middle two. */
export function conceptShare(f1: readonly number[], wanted = WANTED_F1): ConceptShare {
  const sorted = [...f1].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return { concepts: 0, share: 0, median: 0 };
  return {
    concepts: n,
    share: sorted.filter((value) => value >= wanted).length / n,
    median: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2,
  };
}
