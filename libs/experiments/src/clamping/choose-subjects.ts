import { FacetError } from '@facet/errors';

/** A concept with the feature that detects it best. */
export interface SubjectCandidate {
  readonly concept: string;
  readonly kind: string;
  readonly feature: number;
  /** How well the feature detects it. */
  readonly f1: number;
}

/**
 * Chooses the concepts of an experiment by rule, spread over kinds: `first`, then kind after kind the best that is left by F1, kinds in
 * the order of their best, round after round until there are `count`. A feature is taken once: a concept whose feature another has is
 * passed over.
 */
export function chooseSubjects<T extends SubjectCandidate>(
  candidates: readonly T[],
  { first, count }: { first: string; count: number },
): T[] {
  const lead = candidates.find(({ concept }) => concept === first);
  if (lead === undefined) throw new FacetError('not-found', `there is no concept ${first} to choose`);
  const chosen = [lead];
  let left = [...candidates].sort((a, b) => b.f1 - a.f1 || (a.concept < b.concept ? -1 : 1));
  while (chosen.length < count) {
    const seen = new Set<string>();
    const before = chosen.length;
    for (const candidate of left) {
      if (chosen.length === count) break;
      if (seen.has(candidate.kind) || chosen.some(({ feature }) => feature === candidate.feature)) continue;
      seen.add(candidate.kind);
      chosen.push(candidate);
    }
    if (chosen.length === before)
      throw new FacetError('precondition', `only ${before} of ${count} concepts have a feature of their own`);
    left = left.filter((candidate) => !chosen.includes(candidate));
  }
  return chosen;
}
