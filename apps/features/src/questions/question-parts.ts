import type { FeatureIndex } from '@facet/feature-index';
import type { Inference } from '../inference.ts';
import type { SaeLibrary } from '../sae-library.ts';
import type { IndexOf } from './bound-index.ts';
import type { VectorsOf } from './vector-cache.ts';

/** What questions about texts need. */
export interface QuestionParts {
  index: FeatureIndex;
  indexOf: IndexOf;
  saes: SaeLibrary;
  inference: Inference;
  vectorsOf: VectorsOf;
}
