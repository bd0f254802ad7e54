import { dtypeBytes } from '@facet/tensor';
import {
  type GraphRequest,
  HEAD_NAMES,
  interventionInputs,
  interventionOutputs,
  type ModelSpec,
  NAMES,
  positionOffset,
  resolveReadPoint,
} from '@facet/transformer';
import type { Activations, ForwardRequest, ForwardResult } from '../model-runtime.ts';
import { checkTokens, invalid, type TokenBatch } from '../request-checks.ts';
import { type RuntimeContext, throwIfCancelled, trunkProgram } from '../runtime-context.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';
import { runHead } from './head-blocks.ts';
import {
  createProof,
  fillProof,
  type InterventionFeeds,
  sliceRows,
  sliceTensor,
  toInterventionFeeds,
  toMask,
} from './intervention-feeds.ts';
import { type ReplacementFeeds, toReplacementFeeds } from './replacement-feeds.ts';
import { computeScores, pickRows, type TrunkOutput } from './token-scores.ts';

/**
 * Tokens of one run. The attention scores of a run must stay in the processor's cache: measured at 8 heads
 * and contexts of 256, attention over 1,024 tokens takes half as long again per token as over 512.
 */
const RUN_TOKENS = 512;

/**
 * Contexts from this length on compute attention in blocks: measured with four blocks, attention takes 0.7 of
 * the time at 256 positions and 0.5 at 512, and gains nothing below 128.
 */
const LONG_CONTEXT = 128;
const CAUSAL_BLOCKS = 4;

/** Runs that wait in each lane, so that no lane idles while its last result is copied. */
const RUNS_PER_LANE = 2;

/**
 * Runs whole contexts without a cache, in blocks of rows over all lanes. A result that does not fit into
 * memory is `exhausted`.
 */
export async function runForward(context: RuntimeContext, request: ForwardRequest): Promise<ForwardResult> {
  const plan = planForward(context, request);
  const results = context.memory.hold({ purpose: 'results', bytes: resultBytes(context, request, plan) });
  try {
    return await runPlan(context, request, plan);
  } finally {
    results.free();
  }
}

/** Bytes of everything that comes back, and of the rows that are kept for the unembedding. */
function resultBytes(
  { model: { spec } }: RuntimeContext,
  { activationDtype = 'F32', logits = 'none' }: ForwardRequest,
  { tokens, program, interventions, needsHead }: ForwardPlan,
): number {
  const rows = tokens.batch * tokens.positions;
  const widths = [...program.activations.keys()].map((name) => rowWidth(spec, name, tokens.positions));
  const activations = dtypeBytes(activationDtype) * widths.reduce((sum, width) => sum + width, 0);
  const proofs = interventions.reduce((sum, { features }) => sum + 2 * features + 2, 0);
  const floats = proofs + (needsHead ? spec.d_model : 0);
  const logitRows = { none: 0, last: tokens.batch, all: rows }[logits];
  return rows * activations + dtypeBytes('F32') * (rows * floats + logitRows * spec.d_vocab);
}

async function runPlan(
  context: RuntimeContext,
  request: ForwardRequest,
  plan: ForwardPlan,
): Promise<ForwardResult> {
  const { tokens, program, outputs } = plan;
  const { batch, positions } = tokens;
  const result = allocateResult(context, request, plan);
  const residual = plan.needsHead
    ? new Float32Array(batch * positions * context.model.spec.d_model)
    : new Float32Array(0);

  const runRows = async (from: number, to: number): Promise<void> => {
    throwIfCancelled(request.signal);
    const feeds = rowFeeds(plan, from, to);
    const values = await context.lanes.idlest().run(program, { feeds, outputs, bf16: plan.bf16 });
    takeRows(result, plan, { values, at: from * positions });
    if (plan.needsHead)
      residual.set(floats(values, NAMES.finalResidual), from * positions * context.model.spec.d_model);
  };

  await runBlocks(context, tokens, runRows);
  const trunk = { tokens, residual, signal: request.signal };
  if (request.logits === 'last' || request.logits === 'all')
    result.logits = await computeLogits(context, request.logits, trunk);
  if (request.scores === true) result.scores = await computeScores(context, trunk);
  if (request.residual === true) result.residual = residual;
  return result;
}

/** Inputs of rows [from, to). Where the graph begins at given rows, it takes no tokens. */
function rowFeeds(plan: ForwardPlan, from: number, to: number): WireTensors {
  const feeds: Record<string, WireTensor> = {};
  const { inputs } = plan.program;
  if (inputs.has(NAMES.tokens)) feeds[NAMES.tokens] = sliceTensor(plan.tokenTensor, from, to);
  if (plan.positionTensor) feeds[NAMES.positions] = sliceTensor(plan.positionTensor, from, to);
  for (const { perRow } of plan.replacements) Object.assign(feeds, sliceRows(perRow, from, to));
  for (const [i, intervention] of plan.interventions.entries()) {
    Object.assign(feeds, intervention.shared, sliceRows(intervention.perRow, from, to));
    feeds[interventionInputs(intervention.hookPoint).mask] = sliceTensor(plan.masks[i]!, from, to);
  }
  return feeds;
}

interface ForwardPlan {
  tokens: TokenBatch;
  tokenTensor: WireTensor;
  /** Positions of the tokens as the rotation looks them up, where the graph takes them. */
  positionTensor: WireTensor | undefined;
  interventions: readonly InterventionFeeds[];
  masks: readonly WireTensor[];
  replacements: readonly ReplacementFeeds[];
  needsHead: boolean;
  program: ReturnType<typeof trunkProgram>;
  outputs: readonly string[];
  /** Outputs that come back rounded to BF16, which graphs cannot give to Node. */
  bf16: readonly string[];
}

function planForward(context: RuntimeContext, request: ForwardRequest): ForwardPlan {
  const { spec } = context.model;
  const tokens = checkTokens(spec, request);
  const interventions = toInterventionFeeds(spec, request.interventions ?? [], tokens.batch);
  const masks = interventions.map((intervention, i) =>
    toMask(intervention, request.interventions![i]!.mask, [tokens.batch, tokens.positions]),
  );
  const replacements = toReplacementFeeds(spec, request.replacements ?? [], tokens);
  const hookPoints = [...new Set(request.hookPoints ?? [])];
  for (const name of hookPoints) resolveReadPoint(spec, name);
  const needsHead =
    (request.logits ?? 'none') !== 'none' || request.scores === true || request.residual === true;
  if (!needsHead && hookPoints.length === 0 && interventions.length === 0)
    throw invalid('nothing is asked for: name hook points, logits, scores or edits', 'hook_points');
  const graph: GraphRequest = {
    attention: 'context',
    causalBlocks: tokens.positions < LONG_CONTEXT ? 1 : CAUSAL_BLOCKS,
    hookPoints,
    activationDtype: request.activationDtype === 'F16' ? 'F16' : 'F32',
    interventions: interventions.map(({ hookPoint }) => hookPoint),
    replacements: replacements.map(({ replacement }) => replacement),
    head: needsHead ? 'residual' : 'none',
  };
  const program = trunkProgram(context, graph, tokens.batch);
  const proofs = interventions.flatMap(({ hookPoint }) => Object.values(interventionOutputs(hookPoint)));
  const heads = needsHead ? [NAMES.finalResidual] : [];
  const outputs = [...new Set([...program.activations.values(), ...proofs, ...heads])];
  const dims = [tokens.batch, tokens.positions];
  return {
    tokens,
    tokenTensor: { type: 'int32', dims, data: tokens.tokens },
    positionTensor: program.inputs.has(NAMES.positions)
      ? { type: 'int64', dims, data: rotaryPositions(spec, tokens) }
      : undefined,
    interventions,
    masks,
    replacements,
    needsHead,
    program,
    outputs,
    bf16: request.activationDtype === 'BF16' ? [...new Set(program.activations.values())] : [],
  };
}

function rotaryPositions(spec: ModelSpec, { batch, positions, lengths }: TokenBatch): BigInt64Array {
  return BigInt64Array.from({ length: batch * positions }, (_, i) =>
    BigInt((i % positions) + positionOffset(spec, lengths[Math.floor(i / positions)]!)),
  );
}

function allocateResult(
  { model }: RuntimeContext,
  request: ForwardRequest,
  plan: ForwardPlan,
): ForwardResult {
  const { tokens, interventions, program } = plan;
  const rows = tokens.batch * tokens.positions;
  const dtype = request.activationDtype ?? 'F32';
  const allocate = (width: number): Activations => ({
    dtype,
    width,
    data: dtype === 'F32' ? new Float32Array(rows * width) : new Uint16Array(rows * width),
  });
  return {
    batch: tokens.batch,
    positions: tokens.positions,
    activations: new Map(
      [...program.activations.keys()].map((name) => [
        name,
        allocate(rowWidth(model.spec, name, tokens.positions)),
      ]),
    ),
    proofs: interventions.map((intervention) => createProof(intervention, rows)),
  };
}

/** Floats of one position's row in contexts of T `positions`. */
function rowWidth(spec: ModelSpec, name: string, positions: number): number {
  return resolveReadPoint(spec, name)
    .rowShape(positions)
    .reduce((product, extent) => product * extent, 1);
}

function takeRows(
  result: ForwardResult,
  { program }: ForwardPlan,
  { values, at }: { values: WireTensors; at: number },
): void {
  for (const [name, output] of program.activations) {
    const { data, width } = result.activations.get(name)!;
    (data as Float32Array).set(values[output]!.data as Float32Array, at * width);
  }
  for (const proof of result.proofs) fillProof(proof, values, at);
}

/** Rows of one run: all lanes get some, none more than its cache holds. */
export function rowsPerRun({ batch, positions, lanes }: { batch: number; positions: number; lanes: number }) {
  return Math.max(1, Math.min(Math.floor(RUN_TOKENS / positions), Math.ceil(batch / lanes)));
}

/** Splits the rows into runs and keeps every lane busy; the first failure ends the rest. */
async function runBlocks(
  { lanes }: RuntimeContext,
  { batch, positions }: TokenBatch,
  runRows: (from: number, to: number) => Promise<void>,
): Promise<void> {
  const perRun = rowsPerRun({ batch, positions, lanes: lanes.size });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < batch) {
      const from = next;
      next = Math.min(from + perRun, batch);
      await runRows(from, next).catch((error: unknown) => {
        next = batch;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: lanes.size * RUNS_PER_LANE }, work));
  const failed = results.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function computeLogits(
  context: RuntimeContext,
  which: 'last' | 'all',
  { tokens, residual, signal }: TrunkOutput,
): Promise<Float32Array> {
  const { d_vocab } = context.model.spec;
  const rows = which === 'all' ? residual : pickRows(context, residual, lastRows(tokens));
  const logits = new Float32Array((rows.length / context.model.spec.d_model) * d_vocab);
  await runHead(context, {
    kind: 'logits',
    rows,
    signal,
    take: (values, at) => logits.set(floats(values, HEAD_NAMES.logits), at * d_vocab),
  });
  return logits;
}

function lastRows({ batch, positions, lengths }: TokenBatch): number[] {
  return Array.from({ length: batch }, (_, row) => row * positions + lengths[row]! - 1);
}

function floats(values: WireTensors, name: string): Float32Array {
  return values[name]!.data as Float32Array;
}
