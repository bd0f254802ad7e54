import { FacetError } from '@facet/errors';
import {
  buildGraph,
  buildHeadGraph,
  type GraphRequest,
  type HeadKind,
  type MappedModel,
} from '@facet/transformer';
import type { Variant } from './sessions/lane.ts';
import type { LanePool } from './sessions/lane-pool.ts';

/** What every operation of the runtime works with. */
export interface RuntimeContext {
  model: MappedModel;
  lanes: LanePool;
  /** Graphs written lately, by key, the last used last. */
  trunks: Map<string, TrunkVariant>;
}

/** Graphs kept in writing: a few kilobytes each, a few milliseconds to write. */
const MAX_TRUNKS = 64;

/** A trunk variant and how its activations are called. */
export interface TrunkVariant extends Variant {
  /** Hook point -> output name. */
  activations: ReadonlyMap<string, string>;
  /** Names of the inputs that the graph takes. */
  inputs: ReadonlySet<string>;
}

/** Writes the graph of a request; the same request has the same key. */
export function trunkVariant({ model, trunks }: RuntimeContext, request: GraphRequest): TrunkVariant {
  const key = `trunk ${JSON.stringify(request)}`;
  const variant = trunks.get(key) ?? writeTrunk(model, key, request);
  trunks.delete(key);
  trunks.set(key, variant);
  if (trunks.size > MAX_TRUNKS) trunks.delete(trunks.keys().next().value!);
  return variant;
}

function writeTrunk(model: MappedModel, key: string, request: GraphRequest): TrunkVariant {
  const { bytes, activations, inputs } = buildGraph(model, request);
  const isPacked = request.attention === 'cache';
  return { key, isPacked, build: () => bytes, activations, inputs: new Set(inputs.map(({ name }) => name)) };
}

/** The unembedding of one kind. */
export function headVariant({ model }: RuntimeContext, kind: HeadKind): Variant {
  return { key: `head ${kind}`, isPacked: false, build: () => buildHeadGraph(model, kind).bytes };
}

/** Throws `cancelled` when the caller has given up. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new FacetError('cancelled', 'the caller cancelled the computation', { cause: signal.reason });
}
