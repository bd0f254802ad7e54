import type { RelationMeasurements } from '@facet/experiments';
import type { Representation } from './phrase-vectors.ts';
import type { WorldRelations } from './world-relations.ts';

/** All that the experiment measured. */
export interface Directions extends WorldRelations {
  readonly seed: string;
  readonly representations: readonly Representation[];
  /** One for every relation, in order. */
  readonly measured: readonly RelationMeasurements[];
  /** Index of the representation with the highest mean accuracy over the relations. */
  readonly best: number;
  readonly seconds: number;
}
