import {
  interventionInputs,
  interventionOutputs,
  NAMES,
  positionOffset,
  resolveHookPoint,
} from '@facet/transformer';
import type { Activations, GenerationRequest, GenerationStep } from '../model-runtime.ts';
import { createProof, fillProof, type InterventionFeeds } from '../passes/intervention-feeds.ts';
import type { RuntimeContext, TrunkProgram } from '../runtime-context.ts';
import type { Lane } from '../sessions/lane.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';
import type { FedText, Step } from './fed-text.ts';

/** A generation and where it lives. */
export interface OpenGeneration {
  context: RuntimeContext;
  request: GenerationRequest;
  interventions: readonly InterventionFeeds[];
  program: TrunkProgram;
  lane: Lane;
  kept: number;
  /** What was fed so far; only where a text that grows is rotated anew. */
  text: FedText | undefined;
  release(): void;
}

/**
 * Runs one step. ONNX Runtime appends several positions at once only to an empty cache or to a single row, so
 * a later chunk is run row by row on views of the cache; single tokens and first prompts are one run for all
 * rows. A row that outgrows the length up to which its cached keys were rotated is run anew from its first token, as
 * transformers does for Phi 3. Tokens are drawn behind the last run, in the thread that has the logits.
 */
export async function runStep(open: OpenGeneration, step: Step): Promise<GenerationStep> {
  const { batch, positions, lengths: added } = step.tokens;
  const result = allocateStep(open, step);
  const isFirst = step.lengths.every((length) => length === 0) && Math.max(...added) === positions;
  const isOneRun = (positions === 1 && !anyOutgrows(open, step)) || isFirst || batch === 1;
  const last = isOneRun ? 0 : batch - 1;
  for (let row = 0; row < last; row++) await runRows(open, step, { result, from: row, to: row + 1 });
  // Asked for at once: another call of the lane does not come between.
  const [, drawn] = await Promise.all([
    runRows(open, step, { result, from: last, to: batch }),
    step.draw.length === 0 ? [] : open.lane.draw(open.kept, step.draw),
  ]);
  return { ...result, drawn };
}

function anyOutgrows(open: OpenGeneration, step: Step): boolean {
  return step.lengths.some((_, row) => outgrows(open, step, row));
}

/** Whether the keys that are cached for a row were rotated by other frequencies than its text has with this step. */
function outgrows({ context, text }: OpenGeneration, { tokens, lengths }: Step, row: number): boolean {
  const { spec } = context.model;
  const before = lengths[row]!;
  if (text === undefined || before === 0) return false;
  return positionOffset(spec, before) !== positionOffset(spec, before + tokens.lengths[row]!);
}

function allocateStep(
  { context, request, interventions, program }: OpenGeneration,
  { tokens }: Step,
): GenerationStep {
  const { spec } = context.model;
  const rows = tokens.batch * tokens.positions;
  const allocate = (name: string): Activations => {
    const { width } = resolveHookPoint(spec, name);
    return { dtype: 'F32', width, data: new Float32Array(rows * width) };
  };
  return {
    positions: tokens.positions,
    logits: new Float32Array(request.samplers === undefined ? tokens.batch * spec.d_vocab : 0),
    drawn: [],
    activations: new Map([...program.activations.keys()].map((name) => [name, allocate(name)])),
    proofs: interventions.map((intervention) => createProof(intervention, rows)),
  };
}

interface Target {
  result: GenerationStep;
  from: number;
  to: number;
}

async function runRows(open: OpenGeneration, step: Step, { result, from, to }: Target): Promise<void> {
  const { request, interventions, program, lane, kept } = open;
  const { positions } = step.tokens;
  const proofs = interventions.flatMap(({ hookPoint }) => Object.values(interventionOutputs(hookPoint)));
  const logits = request.samplers === undefined ? [NAMES.logits] : [];
  const outputs = [...new Set([...logits, ...program.activations.values(), ...proofs])];
  const isAnew = to - from === 1 && outgrows(open, step, from);
  const feeds = isAnew
    ? stepFeeds(open, open.text!.whole(step, from), [0, 1])
    : stepFeeds(open, step, [from, to]);
  const all = await lane.run(program, { feeds, outputs, kept, rows: [from, to] });
  const values = isAnew ? withoutFirst(all, step.lengths[from]!) : all;
  const at = from * positions;
  for (const name of logits)
    result.logits.set(values[name]!.data as Float32Array, from * open.context.model.spec.d_vocab);
  for (const [name, output] of program.activations) {
    const { data, width } = result.activations.get(name)!;
    (data as Float32Array).set(values[output]!.data as Float32Array, at * width);
  }
  for (const proof of result.proofs) fillProof(proof, values, at);
}

/** Leaves the first positions of what is there for every position [1, T, …] out. */
function withoutFirst(values: WireTensors, positions: number): WireTensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, tensor]) => {
      if (name === NAMES.logits) return [name, tensor];
      const { type, dims, data } = tensor;
      const rest = data.subarray(positions * (data.length / dims[1]!));
      return [name, { type, dims: [1, dims[1]! - positions, ...dims.slice(2)], data: rest }];
    }),
  );
}

/** Inputs of rows [from, to). A single row is cut to its own length; several rows share T. */
function stepFeeds(
  { context, interventions }: OpenGeneration,
  step: Step,
  [from, to]: readonly [number, number],
): WireTensors {
  const { tokens, masks, lengths } = step;
  const rows = to - from;
  const T = rows === 1 ? tokens.lengths[from]! : tokens.positions;
  const row = (r: number) => from + r;
  const pasts = Array.from({ length: rows }, (_, r) => lengths[row(r)]!);
  const totals = pasts.map((past, r) => past + tokens.lengths[row(r)]!);
  const ids = Int32Array.from({ length: rows * T }, (_, i) => {
    return tokens.tokens[row(Math.floor(i / T)) * tokens.positions + (i % T)]!;
  });
  const offsets = totals.map((total) => positionOffset(context.model.spec, total));
  const positions = BigInt64Array.from({ length: rows * T }, (_, i) => {
    const r = Math.floor(i / T);
    return BigInt(pasts[r]! + offsets[r]! + (i % T));
  });
  const lastRows = BigInt64Array.from({ length: rows }, (_, r) =>
    BigInt(r * T + tokens.lengths[row(r)]! - 1),
  );
  const feeds: Record<string, WireTensor> = {
    [NAMES.tokens]: { type: 'int32', dims: [rows, T], data: ids },
    [NAMES.positions]: { type: 'int64', dims: [rows, T], data: positions },
    [NAMES.lastPosition]: {
      type: 'int32',
      dims: [rows],
      data: Int32Array.from(totals, (total) => total - 1),
    },
    [NAMES.totalLength]: { type: 'int32', dims: [], data: Int32Array.of(Math.max(...totals)) },
    [NAMES.logitRows]: { type: 'int64', dims: [rows], data: lastRows },
  };
  for (const [i, { hookPoint }] of interventions.entries()) {
    const mask = masks[i]!;
    const [, stride, m] = mask.dims as [number, number, number];
    const data = (mask.data as Float32Array).slice(
      from * stride * m,
      (from * stride + (rows - 1) * stride + T) * m,
    );
    feeds[interventionInputs(hookPoint).mask] = { type: 'float32', dims: [rows, T, m], data };
  }
  return feeds;
}
