import { type ChildFeature, type FiringProfile, findSplitting, groupByFeature } from '@facet/experiments';
import type { TokenTruth } from '@facet/landmarks';
import { BRIDGE } from '../../landmarks/world.ts';
import { placesOf, profileOf } from './firing-places.ts';
import type { ConceptFeature, MeasuredSize } from './measure-size.ts';

/** A child with where it fires. */
export interface PlacedChild extends ChildFeature {
  readonly profile: FiringProfile;
}

/** What became of one concept's feature in a larger dictionary. */
export interface SplitConcept {
  readonly concept: string;
  readonly parent: number;
  /** Held-out F1 of the parent for the concept. */
  readonly f1: number;
  readonly children: readonly PlacedChild[];
}

/** How the features of the smallest dictionary divide in one larger dictionary. */
export interface SizeSplitting {
  readonly d_sae: number;
  /** Parents that fired often enough to be counted. */
  readonly parents: number;
  readonly meanChildren: number;
  /** Number of parents with 0, 1, 2, … children; the last entry holds all with more. */
  readonly histogram: readonly number[];
  /** Children of the bridge's feature and of the others looked at. */
  readonly concepts: readonly SplitConcept[];
}

/** Concepts that are looked at one by one: the bridge first. */
export const SPLIT_CONCEPTS = [
  BRIDGE,
  'alcatraz',
  'eiffel-tower',
  'dog',
  'doctor',
  'chocolate',
  'love',
  'rain',
  'gold',
  'france',
  'tokyo',
];
const HISTOGRAM_BINS = 11;

/** Finds what lies under the smallest dictionary's features in every larger one, over the rows of `truth`. */
export function splitSizes(sizes: readonly MeasuredSize[], truth: TokenTruth): SizeSplitting[] {
  const [small, ...larger] = sizes;
  const parents = SPLIT_CONCEPTS.flatMap(
    (concept) => small.concepts.find((known) => known.concept === concept) ?? [],
  );
  return larger.map((large) => splitSize(small, large, { truth, wanted: parents }));
}

function splitSize(
  small: MeasuredSize,
  large: MeasuredSize,
  { truth, wanted }: { truth: TokenTruth; wanted: readonly ConceptFeature[] },
): SizeSplitting {
  const { isCounted } = truth;
  const { parents, children } = findSplitting(small.dictionary, large.dictionary, isCounted);
  const columns = groupByFeature(large.dictionary.acts, large.d_sae);
  const counts = parents.map((parent) => children[parent].length);
  const histogram = new Array<number>(HISTOGRAM_BINS).fill(0);
  for (const count of counts) histogram[Math.min(count, HISTOGRAM_BINS - 1)]++;
  return {
    d_sae: large.d_sae,
    parents: parents.length,
    meanChildren: counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length),
    histogram,
    concepts: wanted.map(({ concept, feature, f1 }) => {
      const places = placesOf(concept, truth);
      const placed = children[feature].map((child) => ({
        ...child,
        profile: profileOf(columns, child.feature, { places, isCounted }),
      }));
      return { concept, parent: feature, f1, children: placed };
    }),
  };
}
