import type { ConceptTruth } from '@facet/experiments';
import { type TokenTruth, WORDLESS_CONCEPTS, type World } from '@facet/landmarks';

/** A concept and what is true about it in a corpus. */
export interface NamedTruth extends ConceptTruth {
  readonly concept: string;
}

/**
 * What is true about every concept: a row belongs to it where it is named, paraphrased or talked about; the mentions that a detector
 * should notice are the names and paraphrases. Groups of a mention: its role and its language.
 */
export function conceptTruths(world: World, truth: TokenTruth): NamedTruth[] {
  const rows = truth.tokenIds.length;
  return [...world.concepts.map(({ id }) => id), ...WORDLESS_CONCEPTS].map((concept) => {
    const isTrue = new Uint8Array(rows);
    const all = truth.mentions.get(concept) ?? [];
    for (const { first, last } of all) isTrue.fill(1, first, last + 1);
    const mentions = all
      .filter(({ role }) => role !== 'topic')
      .map(({ first, last, role, language }) => ({
        first,
        last,
        groups: language === undefined ? [role] : [role, language],
      }));
    return { concept, isTrue, isCounted: truth.isCounted, mentions };
  });
}
