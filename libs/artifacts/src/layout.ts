import { FacetError } from '@facet/errors';

/** Partitions are numbered with five digits, so that listing gives them in order. */
export const MAX_PARTITIONS = 100_000;
/** The state document of an activation set, under its prefix. */
export const SET_STATE_FILE = 'set.json';

/** Where everything of an activation set lies. */
export function activationSetPrefix(id: string): string {
  return `activationSets/${id}`;
}

/** Where everything of an SAE lies. */
export function saePrefix(id: string): string {
  return `saes/${id}`;
}

/** The packed tokens of a partition, under the set's prefix. */
export function inputFile(partition: number): string {
  return `inputs/${padded(partition)}.safetensors`;
}

/** The activations of a partition, under the set's prefix. */
export function shardFile(partition: number): string {
  return `shards/${padded(partition)}.safetensors`;
}

/** The commit record of a partition, under the set's prefix. */
export function partitionFile(partition: number): string {
  return `partitions/${padded(partition)}.json`;
}

function padded(partition: number): string {
  if (!Number.isInteger(partition) || partition < 0 || partition >= MAX_PARTITIONS)
    throw new FacetError(
      'exhausted',
      `partition ${partition} is out of range; a set has at most ${MAX_PARTITIONS}: raise partition_tokens`,
    );
  return String(partition).padStart(5, '0');
}
