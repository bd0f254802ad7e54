import { FacetError } from '@facet/errors';
import {
  cachedHeadWidth,
  cacheNames,
  type GraphRequest,
  interventionInputs,
  interventionOutputs,
  type ModelSpec,
  NAMES,
  positionOffset,
  resolveHookPoint,
} from '@facet/transformer';
import type {
  Activations,
  Generation,
  GenerationRequest,
  GenerationStep,
  GenerationStepRequest,
} from '../model-runtime.ts';
import {
  createProof,
  fillProof,
  type InterventionFeeds,
  toInterventionFeeds,
  toMask,
} from '../passes/intervention-feeds.ts';
import { checkTokens, contextExceeded, invalid, MAX_BATCH, type TokenBatch } from '../request-checks.ts';
import {
  type RuntimeContext,
  type TrunkProgram,
  throwIfCancelled,
  trunkProgram,
} from '../runtime-context.ts';
import type { Lane } from '../sessions/lane.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';
import type { CacheBudget } from './cache-budget.ts';

/**
 * Opens a generation: compiles its graph, reserves its cache and keeps both in one lane until it is closed.
 */
export async function openGeneration(
  context: RuntimeContext,
  budget: CacheBudget,
  request: GenerationRequest,
): Promise<Generation> {
  const { spec } = context.model;
  const { batch, maxTokens } = request;
  if (!Number.isInteger(batch) || batch < 1 || batch > MAX_BATCH)
    throw invalid(`batch ${batch} is not between 1 and ${MAX_BATCH}`, 'batch');
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw invalid(`maxTokens ${maxTokens} is not positive`, 'max_tokens');
  if (maxTokens > spec.n_ctx) throw contextExceeded(maxTokens, spec.n_ctx);
  const interventions = toInterventionFeeds(spec, request.interventions ?? [], batch);
  const program = trunkProgram(context, toGraphRequest(context, request), batch);
  const release = budget.reserve(cacheBytes(context, request));
  try {
    const lane = context.lanes.decoding(program);
    const kept = await lane.keep(keptTensors(context, request, interventions));
    return createGeneration({ context, request, interventions, program, lane, kept, release });
  } catch (error) {
    release();
    throw error;
  }
}

function toGraphRequest({ model }: RuntimeContext, request: GenerationRequest): GraphRequest {
  const hookPoints = [...new Set(request.hookPoints ?? [])];
  for (const name of hookPoints) resolveHookPoint(model.spec, name);
  return {
    attention: 'cache',
    causalBlocks: 1,
    hookPoints,
    activationDtype: 'F32',
    interventions: (request.interventions ?? []).map(({ hookPoint }) => hookPoint),
    replacements: [],
    head: 'logits',
  };
}

function cacheBytes({ model }: RuntimeContext, { batch, maxTokens }: GenerationRequest): number {
  const { n_layers, n_kv_heads } = model.spec;
  const width = cachedHeadWidth(model.spec);
  return 2 * n_layers * batch * n_kv_heads * maxTokens * width * Float32Array.BYTES_PER_ELEMENT;
}

function keptTensors(
  { model }: RuntimeContext,
  request: GenerationRequest,
  interventions: readonly InterventionFeeds[],
) {
  const { n_layers, n_kv_heads } = model.spec;
  const dims = [request.batch, n_kv_heads, request.maxTokens, cachedHeadWidth(model.spec)];
  const layers = Array.from({ length: n_layers }, (_, layer) => cacheNames(layer)).flat();
  return {
    perRow: Object.assign({}, ...interventions.map((intervention) => intervention.perRow)) as WireTensors,
    shared: Object.assign({}, ...interventions.map((intervention) => intervention.shared)) as WireTensors,
    inPlace: layers.map(({ past, present }) => ({ input: past, output: present, dims })),
  };
}

interface OpenGeneration {
  context: RuntimeContext;
  request: GenerationRequest;
  interventions: readonly InterventionFeeds[];
  program: TrunkProgram;
  lane: Lane;
  kept: number;
  release(): void;
}

function createGeneration(open: OpenGeneration): Generation {
  const { context, request, lane, kept } = open;
  const { batch, maxTokens } = request;
  const { incarnation } = lane;
  const lengths = new Int32Array(batch);
  let state: 'ready' | 'busy' | 'broken' | 'closed' = 'ready';

  const step = async (stepRequest: GenerationStepRequest): Promise<GenerationStep> => {
    if (state !== 'ready' || lane.incarnation !== incarnation) throw notReady(state);
    throwIfCancelled(stepRequest.signal);
    const tokens = checkTokens(context.model.spec, { ...stepRequest, batch });
    requireRoom(tokens, lengths, maxTokens);
    requireSameRotation(context.model.spec, tokens, lengths);
    const masks = open.interventions.map((intervention) =>
      toMask(intervention, stepRequest.masks?.get(intervention.hookPoint), [batch, tokens.positions]),
    );
    state = 'busy';
    try {
      const result = await runStep(open, { tokens, masks, lengths });
      for (let row = 0; row < batch; row++) lengths[row]! += tokens.lengths[row]!;
      if (state === 'busy') state = 'ready';
      return result;
    } catch (error) {
      if (state === 'busy') state = 'broken';
      throw error;
    }
  };

  const close = async () => {
    if (state === 'closed') return;
    state = 'closed';
    request.signal?.removeEventListener('abort', abandon);
    try {
      if (lane.incarnation === incarnation) await lane.drop(kept);
    } finally {
      open.release();
    }
  };
  // Only the loss of the lane can fail it, which took the cache along.
  const abandon = () => void close().catch(() => {});
  request.signal?.addEventListener('abort', abandon, { once: true });
  if (request.signal?.aborted) abandon();
  return { batch, maxTokens, lengths, step, close };
}

function notReady(state: string): FacetError {
  const reasons: Record<string, string> = {
    busy: 'the step before has not ended',
    closed: 'the generation is closed',
  };
  return new FacetError(
    'precondition',
    `cannot step: ${reasons[state] ?? 'an earlier step failed; start again'}`,
    {
      reason: 'GENERATION_NOT_READY',
    },
  );
}

function requireRoom({ lengths: added }: TokenBatch, lengths: Int32Array, maxTokens: number): void {
  const longest = Math.max(...lengths.map((length, row) => length + added[row]!));
  if (longest > maxTokens) throw contextExceeded(longest, maxTokens);
}

/**
 * Refuses a step with which a text outgrows the length up to which its cached keys were rotated: going on would be
 * another text than the model's.
 */
function requireSameRotation(spec: ModelSpec, { lengths: added }: TokenBatch, lengths: Int32Array): void {
  for (const [row, length] of lengths.entries()) {
    const after = length + added[row]!;
    if (length === 0 || positionOffset(spec, length) === positionOffset(spec, after)) continue;
    throw new FacetError(
      'unimplemented',
      `the text grows from ${length} to ${after} tokens while it is generated; ${spec.modelType} rotates all keys of such ` +
        'a long text anew, which is not supported: ask for fewer tokens, or begin with a longer prompt',
      { reason: 'ROTATION_CHANGES', field: 'max_tokens' },
    );
  }
}

interface Step {
  tokens: TokenBatch;
  masks: readonly WireTensor[];
  /** Tokens of each row before this step. */
  lengths: Int32Array;
}

/**
 * Runs one step. ONNX Runtime appends several positions at once only to an empty cache or to a single row, so
 * a later chunk is run row by row on views of the cache; single tokens and first prompts are one run for all
 * rows.
 */
async function runStep(open: OpenGeneration, step: Step): Promise<GenerationStep> {
  const { batch, positions, lengths: added } = step.tokens;
  const result = allocateStep(open, step);
  const isFirst = step.lengths.every((length) => length === 0) && Math.max(...added) === positions;
  if (positions === 1 || isFirst || batch === 1) {
    await runRows(open, step, { result, from: 0, to: batch });
    return result;
  }
  for (let row = 0; row < batch; row++) await runRows(open, step, { result, from: row, to: row + 1 });
  return result;
}

function allocateStep({ context, interventions, program }: OpenGeneration, { tokens }: Step): GenerationStep {
  const { spec } = context.model;
  const rows = tokens.batch * tokens.positions;
  const allocate = (name: string): Activations => {
    const { width } = resolveHookPoint(spec, name);
    return { dtype: 'F32', width, data: new Float32Array(rows * width) };
  };
  return {
    positions: tokens.positions,
    logits: new Float32Array(tokens.batch * spec.d_vocab),
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
  const { interventions, program, lane, kept } = open;
  const { positions } = step.tokens;
  const proofs = interventions.flatMap(({ hookPoint }) => Object.values(interventionOutputs(hookPoint)));
  const outputs = [...new Set([NAMES.logits, ...program.activations.values(), ...proofs])];
  const feeds = stepFeeds(open, step, [from, to]);
  const values = await lane.run(program, { feeds, outputs, kept, rows: [from, to] });
  const at = from * positions;
  result.logits.set(values[NAMES.logits]!.data as Float32Array, from * open.context.model.spec.d_vocab);
  for (const [name, output] of program.activations) {
    const { data, width } = result.activations.get(name)!;
    (data as Float32Array).set(values[output]!.data as Float32Array, at * width);
  }
  for (const proof of result.proofs) fillProof(proof, values, at);
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
