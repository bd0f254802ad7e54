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
export {
  runSuperposition,
  type Superposition,
  type SuperpositionOptions,
  type SuperpositionProgress,
} from './superposition/superposition.ts';
