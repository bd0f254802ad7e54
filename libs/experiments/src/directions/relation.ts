import { FacetError } from '@facet/errors';

/** Vectors of things, one a row: `values` [n, d]. */
export interface VectorTable {
  readonly d: number;
  readonly values: Float32Array;
}

/** A relation between things, as rows of a vector table: capital `to` belongs to country `from`. */
export interface RelationPair {
  readonly from: number;
  readonly to: number;
  /** Pairs of one group can be taken for each other: shuffles stay inside it, so knowing the group is not enough. */
  readonly group: string;
}

/** Pairs that are said to stand in one relation. */
export interface Relation {
  readonly name: string;
  /** At least three; no two of them share `to`. */
  readonly pairs: readonly RelationPair[];
  /** Rows that the harder tests offer as answers besides both sides of the pairs. */
  readonly distractors: readonly number[];
}

/** Fewest pairs of a relation: the offset of all others is a mean of two at least. */
const MIN_PAIRS = 3;

/** Refuses relations that cannot be tested. */
export function requireRelation({ name, pairs }: Relation): void {
  if (pairs.length < MIN_PAIRS)
    throw new FacetError(
      'invalid',
      `relation "${name}" has ${pairs.length} pairs; give ${MIN_PAIRS} or more`,
    );
  if (new Set(pairs.map(({ to }) => to)).size < pairs.length)
    throw new FacetError(
      'invalid',
      `two pairs of relation "${name}" lead to the same thing; give one of them`,
    );
}

/** Rows that the harder tests choose from: both sides of all pairs, then the distractors, each once. */
export function allCandidates({ pairs, distractors }: Relation): number[] {
  return [...new Set([...pairs.map(({ to }) => to), ...pairs.map(({ from }) => from), ...distractors])];
}
