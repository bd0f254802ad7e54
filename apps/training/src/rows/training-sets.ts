import { createHash } from 'node:crypto';
import { type ActivationSet, openActivationSet } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import { type Lineage, type ObjectStore, requireSameLineage } from '@facet/objects';

/** Most activation sets of one run. */
export const MAX_SETS = 64;

/** Activation sets that may be trained on together, with what they have in common. */
export interface TrainingSets {
  sets: readonly ActivationSet[];
  d_in: number;
  hookPoint: string;
  contextTokens: number;
  prependBos: boolean;
  /** Rows that are neither BOS nor special: training and held-out rows together. */
  rows: number;
  excludedRows: number;
  /** Rows of the largest shard, special ones included. */
  largestShard: number;
  lineage: Lineage;
}

/**
 * Opens the sets and refuses what cannot be trained on together: unknown, of another model, hook point or
 * width, empty.
 */
export async function openTrainingSets(store: ObjectStore, ids: readonly string[]): Promise<TrainingSets> {
  const sets: ActivationSet[] = [];
  for (const id of ids) sets.push(await openCompleteSet(store, id, 'spec.activation_sets'));
  const [first] = sets;
  for (const set of sets.slice(1)) requireSameOrigin(first, set);
  const bodies = sets.map(({ manifest }) => manifest.body);
  const excludedRows = bodies.reduce((sum, body) => sum + body.specialRows, 0);
  const rows = bodies.reduce((sum, body) => sum + body.rows, 0) - excludedRows;
  if (rows === 0) {
    const message = `activationSets/${ids.join(', ')} hold no rows besides ${excludedRows} BOS and special ones`;
    throw new FacetError('precondition', `${message}; capture more text`, { reason: 'ACTIVATION_SET_EMPTY' });
  }
  return {
    sets,
    d_in: bodies[0].dIn,
    hookPoint: bodies[0].hookPoint,
    contextTokens: bodies[0].contextTokens,
    prependBos: bodies[0].bosTokenId !== null,
    rows,
    excludedRows,
    largestShard: Math.max(...bodies.flatMap(({ shards }) => shards.map((shard) => shard.rows))),
    lineage: lineageOf(sets),
  };
}

/** Opens a set; `not-found` for the request's `field` where it does not exist or is not complete. */
export async function openCompleteSet(store: ObjectStore, id: string, field: string): Promise<ActivationSet> {
  try {
    return await openActivationSet(store, id);
  } catch (error) {
    if (!isFacetError(error) || error.kind !== 'not-found') throw error;
    const message = `activationSets/${id} does not exist or is not complete; capture it first`;
    throw new FacetError('not-found', message, {
      cause: error,
      field,
      metadata: { resourceType: 'ActivationSet', resourceName: `activationSets/${id}` },
    });
  }
}

function requireSameOrigin(first: ActivationSet, other: ActivationSet): void {
  const what = `activationSets/${first.id} and activationSets/${other.id}`;
  const fields = ['modelId', 'modelSha256', 'tokenizerSha256', 'hookPoint'] as const;
  requireSameLineage(first.manifest.lineage, other.manifest.lineage, fields, what);
  const [left, right] = [first.manifest.body.dIn, other.manifest.body.dIn];
  if (left !== right) throw new FacetError('precondition', `${what} have rows of width ${left} and ${right}`);
}

/** Where an SAE trained on the sets comes from; several sets are named together, their hashes hashed. */
function lineageOf(sets: readonly ActivationSet[]): Lineage {
  const [first] = sets;
  const hashes = sets.map((set) => set.sha256);
  const { modelId, modelSha256, tokenizerSha256, corpusSha256 } = first.manifest.lineage;
  return {
    modelId,
    modelSha256,
    tokenizerSha256,
    ...(sets.length === 1 && corpusSha256 !== undefined && { corpusSha256 }),
    hookPoint: first.manifest.body.hookPoint,
    normalization: 'none',
    activationSetId: sets.map((set) => set.id).join(','),
    activationSetSha256:
      hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex'),
  };
}
