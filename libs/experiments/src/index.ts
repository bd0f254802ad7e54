export { chooseSubjects, type SubjectCandidate } from './clamping/choose-subjects.ts';
export { drawSimilarFeature, type FeatureDensity, randomDirection } from './clamping/controls.ts';
export {
  type DoseSummary,
  type DoseText,
  type FluencyLimits,
  fluencyLimits,
  strongestFluentDose,
  summariseDoses,
} from './clamping/dose-summary.ts';
export type { ConceptMention, ConceptTruth, Detection } from './detection/concept-truth.ts';
export {
  type ActivationInterval,
  activationIntervals,
  bestDetection,
  detectAt,
} from './detection/detect.ts';
export { type DirectionDetector, project, selectDirection } from './detection/direction.ts';
export { createRandomSae } from './detection/random-sae.ts';
export {
  type FeatureColumns,
  groupByFeature,
  meanDifference,
  type SelectedDetector,
  selectColumns,
  selectFeatures,
} from './detection/select.ts';
export type { AnalogyScore } from './directions/analogies.ts';
export {
  measureRelation,
  type RelationMeasurement,
  type RelationMeasurements,
} from './directions/measure-relation.ts';
export { type PlaneProjection, projectToPlane } from './directions/plane.ts';
export type { Relation, RelationPair, VectorTable } from './directions/relation.ts';
export { mean, meanOrZero, median, quantile } from './order-statistics.ts';
export { type ConceptShare, conceptShare, WANTED_F1 } from './scaling/concept-share.ts';
export { type FiringProfile, firingProfile } from './scaling/firing-profile.ts';
export {
  type ChildFeature,
  DEFAULT_RULE as SPLITTING_RULE,
  type FiringDictionary,
  findSplitting,
  type Splitting,
  type SplittingRule,
} from './scaling/splitting.ts';
export type { RecoveryPoint } from './superposition/recovery.ts';
export { superpositionReport } from './superposition/report.ts';
export { type SuperpositionSummary, summariseSuperposition } from './superposition/summary.ts';
export {
  runSuperposition,
  type Superposition,
  type SuperpositionOptions,
  type SuperpositionProgress,
} from './superposition/superposition.ts';
