import { requireFinite } from '@facet/tensor';
import {
  interventionInputs,
  interventionOutputs,
  type ModelSpec,
  resolveHookPoint,
} from '@facet/transformer';
import type { BatchIntervention, BatchProof } from '../model-runtime.ts';
import { invalid } from '../request-checks.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';

/** The intervention at one hook point as graph inputs, split by what changes when rows are picked. */
export interface InterventionFeeds {
  hookPoint: string;
  /** n */
  features: number;
  perRow: WireTensors;
  shared: WireTensors;
}

/** More features at one hook point than this are refused. */
export const MAX_EDITED_FEATURES = 65_536;

/**
 * Checks the interventions of every hook point and turns them into graph inputs; a wrong shape or value is `invalid`.
 */
export function toInterventionFeeds(
  spec: ModelSpec,
  interventions: readonly Omit<BatchIntervention, 'mask'>[],
  batch: number,
): InterventionFeeds[] {
  const seen = new Set<string>();
  return interventions.map((intervention) => {
    const { name, width } = resolveHookPoint(spec, intervention.hookPoint);
    if (seen.has(name)) throw invalid(`hook point ${name} has two interventions; join them`, 'interventions');
    seen.add(name);
    return toFeeds(intervention, { batch, features: intervention.b_enc.length, width });
  });
}

interface Extents {
  batch: number;
  features: number;
  width: number;
}

function toFeeds(intervention: Omit<BatchIntervention, 'mask'>, extents: Extents): InterventionFeeds {
  const { hookPoint } = intervention;
  const { batch, features, width } = extents;
  if (features < 1 || features > MAX_EDITED_FEATURES)
    throw invalid(
      `the intervention at ${hookPoint} has ${features} features; expected 1 to ${MAX_EDITED_FEATURES}`,
      'interventions',
    );
  const rules = [batch, 1, features];
  const names = interventionInputs(hookPoint);
  const floats = (field: FloatField, dims: readonly number[]) => checkFloats(intervention, field, dims);
  return {
    hookPoint,
    features,
    shared: {
      [names.W_enc_rows]: floats('W_enc_rows', [features, width]),
      [names.b_enc]: floats('b_enc', [features]),
      [names.threshold]: floats('threshold', [features]),
      [names.W_dec_rows]: floats('W_dec_rows', [features, width]),
    },
    perRow: {
      [names.scale]: floats('scale', rules),
      [names.offset]: floats('offset', rules),
      [names.gateFeature]: gateFeatures(intervention, extents),
      [names.gateThreshold]: gateThresholds(intervention, extents),
    },
  };
}

type FloatField = 'W_enc_rows' | 'b_enc' | 'threshold' | 'W_dec_rows' | 'scale' | 'offset';

function checkFloats(
  intervention: Omit<BatchIntervention, 'mask'>,
  field: FloatField,
  dims: readonly number[],
): WireTensor {
  const data = intervention[field];
  const what = `${field} of the intervention at ${intervention.hookPoint}`;
  requireSize(what, data.length, dims);
  requireFinite(data, what);
  return { type: 'float32', dims, data: data.slice() };
}

function gateFeatures(
  { hookPoint, gateFeature }: Omit<BatchIntervention, 'mask'>,
  extents: Extents,
): WireTensor {
  const { batch, features } = extents;
  const dims = [batch, 1, features];
  const own = () => Int32Array.from({ length: batch * features }, (_, i) => i % features);
  const sources = gateFeature ?? own();
  requireSize(`gateFeature of the intervention at ${hookPoint}`, sources.length, dims);
  const wrong = sources.find((source) => source < 0 || source >= features);
  if (wrong !== undefined)
    throw invalid(
      `gateFeature ${wrong} at ${hookPoint} is no feature of this intervention, 0..${features - 1}`,
      'interventions',
    );
  return { type: 'int64', dims, data: BigInt64Array.from(sources, BigInt) };
}

function gateThresholds(
  { hookPoint, gateThreshold }: Omit<BatchIntervention, 'mask'>,
  extents: Extents,
): WireTensor {
  const { batch, features } = extents;
  const dims = [batch, 1, features];
  const data = gateThreshold ?? new Float32Array(batch * features).fill(Number.NEGATIVE_INFINITY);
  requireSize(`gateThreshold of the intervention at ${hookPoint}`, data.length, dims);
  if (data.some(Number.isNaN)) throw invalid(`gateThreshold at ${hookPoint} contains NaN`, 'interventions');
  return { type: 'float32', dims, data };
}

function requireSize(what: string, size: number, dims: readonly number[]): void {
  const wanted = dims.reduce((product, extent) => product * extent, 1);
  if (size !== wanted)
    throw invalid(`${what} has ${size} values; expected ${wanted} [${dims.join(', ')}]`, 'interventions');
}

/** Checks a mask [B, T] or [B, T, n] and gives it as [B, T, m]; without one every position is edited. */
export function toMask(
  { hookPoint, features }: Pick<InterventionFeeds, 'hookPoint' | 'features'>,
  mask: Float32Array | undefined,
  [batch, positions]: readonly [batch: number, positions: number],
): WireTensor {
  const rows = batch * positions;
  const data = mask ?? new Float32Array(rows).fill(1);
  if (data.length !== rows && data.length !== rows * features)
    throw invalid(
      `mask of the intervention at ${hookPoint} has ${data.length} values; expected ${rows} or ${rows * features}`,
      'interventions',
    );
  requireFinite(data, `mask of the intervention at ${hookPoint}`);
  return { type: 'float32', dims: [batch, positions, data.length / rows], data };
}

/** Copies rows [from, to) of the first dimension of each tensor. */
export function sliceRows(tensors: WireTensors, from: number, to: number): WireTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, sliceTensor(tensor, from, to)]),
  );
}

/** Copies rows [from, to): a view would take its whole buffer along to the worker. */
export function sliceTensor({ type, dims, data }: WireTensor, from: number, to: number): WireTensor {
  const size = data.length / dims[0]!;
  return { type, dims: [to - from, ...dims.slice(1)], data: data.slice(from * size, to * size) };
}

/** Allocates the proof of one hook point's interventions, to be filled chunk by chunk. */
export function createProof({ hookPoint, features }: InterventionFeeds, rows: number): BatchProof {
  return {
    hookPoint,
    features,
    fBefore: new Float32Array(rows * features),
    fAfter: new Float32Array(rows * features),
    deltaNorm: new Float32Array(rows),
    xNorm: new Float32Array(rows),
  };
}

/** Copies a run's outputs into the proof, from position row `at` on. */
export function fillProof(proof: BatchProof, outputs: WireTensors, at: number): void {
  const names = interventionOutputs(proof.hookPoint);
  const floats = (name: string) => outputs[name]!.data as Float32Array;
  proof.fBefore.set(floats(names.fBefore), at * proof.features);
  proof.fAfter.set(floats(names.fAfter), at * proof.features);
  proof.deltaNorm.set(floats(names.deltaNorm), at);
  proof.xNorm.set(floats(names.xNorm), at);
}
