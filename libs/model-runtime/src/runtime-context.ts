import { FacetError } from '@facet/errors';
import {
  buildGraph,
  buildHeadGraph,
  type GraphRequest,
  type HeadKind,
  type MappedModel,
} from '@facet/transformer';
import type { MemoryAccount } from './memory/memory-budget.ts';
import { headMemory, trunkMemory } from './memory/program-memory.ts';
import type { GraphProgram } from './sessions/lane.ts';
import type { LanePool } from './sessions/lane-pool.ts';

/** What every operation of the runtime works with. */
export interface RuntimeContext {
  model: MappedModel;
  /** Bytes of the weights as sessions map them, and of a packed copy. */
  packedBytes: number;
  /** Whether a packed copy of the weights for every program that decodes costs little. */
  packsEdited: boolean;
  lanes: LanePool;
  memory: MemoryAccount;
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

/** Writes the graph of a request for `batch` rows; what is asked alike has the same key. */
export function trunkProgram(context: RuntimeContext, request: GraphRequest, batch: number): TrunkProgram {
  const { trunks } = context;
  const isPacked = packs(context, request, batch);
  const key = `${isPacked ? 'packed trunk' : 'trunk'} ${JSON.stringify(request)}`;
  const program = trunks.get(key) ?? writeTrunk(context, { key, isPacked }, request);
  trunks.delete(key);
  trunks.set(key, program);
  if (trunks.size > MAX_TRUNKS) trunks.delete(trunks.keys().next().value!);
  return program;
}

/**
 * Plain decoding of several rows packs its weights: it takes 0.4 to 0.7 of the time then. One row reads every weight
 * once, which a packed copy makes no faster. Interventions come in many programs, and one copy for each would fill the
 * memory.
 */
function packs(
  { packsEdited }: RuntimeContext,
  { attention, interventions, hookPoints }: GraphRequest,
  batch: number,
): boolean {
  if (attention !== 'cache') return false;
  return packsEdited || (batch > 1 && interventions.length === 0 && hookPoints.length === 0);
}

function writeTrunk(
  { model, packedBytes }: RuntimeContext,
  { key, isPacked }: Pick<TrunkProgram, 'key' | 'isPacked'>,
  request: GraphRequest,
): TrunkProgram {
  const { bytes, activations, inputs } = buildGraph(model, request);
  return {
    key,
    isPacked,
    build: () => bytes,
    memory: trunkMemory(model.spec, request, isPacked ? packedBytes : 0),
    activations,
    inputs: new Set(inputs.map(({ name }) => name)),
  };
}

/** The unembedding of one kind. */
export function headProgram({ model }: RuntimeContext, kind: HeadKind): GraphProgram {
  return {
    key: `head ${kind}`,
    isPacked: false,
    build: () => buildHeadGraph(model, kind).bytes,
    memory: headMemory(model.spec, kind),
  };
}

/** Throws `cancelled` when the caller has given up. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new FacetError('cancelled', 'the caller cancelled the computation', { cause: signal.reason });
}
