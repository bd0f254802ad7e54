import { SPLITTING_RULE } from '@facet/experiments';
import type { Scaling } from './findings.ts';
import { PLACES } from './firing-places.ts';
import type { MeasuredSize } from './measure-size.ts';
import type { SizeSplitting, SplitConcept } from './split.ts';

/** Writes what was measured as the figures of the JSON line. */
export function scalingJson({ seed, plan, sizes, splitting, seconds }: Scaling, report: string) {
  return {
    experiment: 'scaling',
    seed: Number(seed),
    k: plan.k,
    trained_tokens: sizes[0].trainedTokens,
    selection_tokens: plan.selectionTokens,
    held_out_tokens: plan.heldOutTokens,
    concepts: sizes[0].share.concepts,
    sizes: sizes.map(sizeJson),
    splitting: {
      parent_d_sae: sizes[0].d_sae,
      rule: {
        min_cosine: SPLITTING_RULE.minCosine,
        min_inside: SPLITTING_RULE.minInside,
        min_firings: SPLITTING_RULE.minFirings,
        max_parent_density: SPLITTING_RULE.maxParentDensity,
      },
      sizes: splitting.map(splittingJson),
    },
    report,
    seconds,
  };
}

function sizeJson({ d_sae, evaluation, share, seconds }: MeasuredSize) {
  const { reconstruction, model } = evaluation;
  return {
    d_sae,
    l0: reconstruction?.l0,
    fvu: reconstruction?.fvu,
    ce_recovered_zero: model?.ceRecoveredZero,
    ce_recovered_mean: model?.ceRecoveredMean,
    kl: model?.klSae,
    dead_fraction: reconstruction?.deadFraction,
    evaluated_tokens: Number(evaluation.tokens),
    concept_share: share.share,
    median_f1: share.median,
    seconds,
  };
}

function splittingJson({ d_sae, parents, meanChildren, histogram, concepts }: SizeSplitting) {
  return {
    d_sae,
    parents,
    mean_children: meanChildren,
    children_histogram: histogram,
    concepts: concepts.map(conceptJson),
  };
}

function conceptJson({ concept, parent, f1, children }: SplitConcept) {
  return {
    concept,
    parent,
    f1,
    children: children.map(({ feature, cosine, firings, inside, by, profile }) => ({
      feature,
      cosine,
      firings,
      inside,
      by,
      places: Object.fromEntries(PLACES.map((place, i) => [place, profile.shares[i]])),
    })),
  };
}
