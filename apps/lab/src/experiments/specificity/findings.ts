import { median } from '@facet/experiments';
import type { ConceptResult, LanguageResult } from './measure.ts';

/** All that the experiment measured. */
export interface Specificity {
  readonly seed: string;
  readonly hookPoint: string;
  readonly dSae: number;
  readonly k: number;
  readonly choiceTokens: number;
  readonly heldOutTokens: number;
  readonly results: readonly ConceptResult[];
  readonly bridgeByLanguage: readonly LanguageResult[];
  readonly seconds: number;
}

/** Median F1 over all concepts of one kind of detector. */
export function medianF1(
  results: readonly ConceptResult[],
  kind: 'sae' | 'direction' | 'neuron' | 'randomSae',
): number {
  return median(results.map((result) => result[kind].f1));
}

/** The result of one concept; every world has it. */
export function resultOf(results: readonly ConceptResult[], concept: string): ConceptResult {
  const found = results.find((result) => result.concept === concept);
  if (found === undefined) throw new Error(`the experiment measured no ${concept}`);
  return found;
}
