import type { Feature, FeatureContrast } from '@facet/contracts';
import { bestDetection, type ConceptTruth, type Detection, groupByFeature } from '@facet/experiments';
import type { SparseActivations } from '@facet/sae';

/** A feature that a contrast search found, and how well it tells the concept on labelled text. */
export interface Candidate {
  readonly feature: Feature;
  readonly auroc: number;
  readonly detection: Detection;
}

/** Ranks what a contrast search found by F1 on labelled rows, each with the threshold that is best there; ties by AUROC. */
export function rankCandidates(
  contrasts: readonly FeatureContrast[],
  acts: SparseActivations,
  d_sae: number,
  truth: ConceptTruth,
): Candidate[] {
  const columns = groupByFeature(acts, d_sae);
  const values = new Float32Array(acts.rows);
  const candidates = contrasts.flatMap(({ feature, auroc }): Candidate[] => {
    if (feature === undefined) return [];
    columns.scatter(feature.index, values);
    const detection = bestDetection(values, truth);
    columns.clear(feature.index, values);
    return [{ feature, auroc, detection }];
  });
  return candidates.sort((a, b) => b.detection.f1 - a.detection.f1 || b.auroc - a.auroc);
}
