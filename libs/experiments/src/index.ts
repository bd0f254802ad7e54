export type { ConceptMention, ConceptTruth, Detection } from './detection/concept-truth.ts';
export {
  type ActivationInterval,
  activationIntervals,
  bestDetection,
  detectAt,
} from './detection/detect.ts';
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
export {
  runSuperposition,
  type Superposition,
  type SuperpositionOptions,
  type SuperpositionProgress,
} from './superposition/superposition.ts';
