import { FacetError } from '@facet/errors';
import {
  buildGraph,
  buildHeadGraph,
  type GraphRequest,
  type HeadKind,
  type MappedModel,
} from '@facet/transformer';
import type { GraphProgram } from './sessions/lane.ts';
import type { LanePool } from './sessions/lane-pool.ts';

/** What every operation of the runtime works with. */
export interface RuntimeContext {
  model: MappedModel;
  /** Whether a packed copy of the weights for every program that decodes costs little. */
  packsEdited: boolean;
  lanes: LanePool;
  /** Graphs written lately, by key, the last used last. */
  trunks: Map<string, TrunkProgram>;
}

/** Graphs kept in writing: a few kilobytes each, a few milliseconds to write. */
const MAX_TRUNKS = 64;

/** A trunk program and how its activations are called. */
export interface TrunkProgram extends GraphProgram {
  /** Hook point -> output name. */
  activations: ReadonlyMap<string, string>;
  /** Names of the inputs that the graph takes. */
  inputs: ReadonlySet<string>;
}

/** Writes the graph of a request; the same request has the same key. */
export function trunkProgram(context: RuntimeContext, request: GraphRequest): TrunkProgram {
  const { trunks } = context;
  const key = `trunk ${JSON.stringify(request)}`;
  const program = trunks.get(key) ?? writeTrunk(context, key, request);
  trunks.delete(key);
  trunks.set(key, program);
  if (trunks.size > MAX_TRUNKS) trunks.delete(trunks.keys().next().value!);
  return program;
}

/** Plain decoding packs its weights. Interventions come in many programs, and one copy for each would fill the memory. */
function writeTrunk(
  { model, packsEdited }: RuntimeContext,
  key: string,
  request: GraphRequest,
): TrunkProgram {
  const { bytes, activations, inputs } = buildGraph(model, request);
  const isPlain = request.interventions.length === 0 && request.hookPoints.length === 0;
  const isPacked = request.attention === 'cache' && (isPlain || packsEdited);
  return { key, isPacked, build: () => bytes, activations, inputs: new Set(inputs.map(({ name }) => name)) };
}

/** The unembedding of one kind. */
export function headProgram({ model }: RuntimeContext, kind: HeadKind): GraphProgram {
  return { key: `head ${kind}`, isPacked: false, build: () => buildHeadGraph(model, kind).bytes };
}

/** Throws `cancelled` when the caller has given up. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new FacetError('cancelled', 'the caller cancelled the computation', { cause: signal.reason });
}
