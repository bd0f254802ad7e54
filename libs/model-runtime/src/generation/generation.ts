import { FacetError } from '@facet/errors';
import {
  cachedHeadWidth,
  cacheNames,
  type GraphRequest,
  isLengthDependent,
  NAMES,
  resolveHookPoint,
} from '@facet/transformer';
import type {
  Generation,
  GenerationRequest,
  GenerationStep,
  GenerationStepRequest,
} from '../model-runtime.ts';
import { type InterventionFeeds, toInterventionFeeds, toMask } from '../passes/intervention-feeds.ts';
import { checkTokens, contextExceeded, invalid, MAX_BATCH, type TokenBatch } from '../request-checks.ts';
import { type RuntimeContext, throwIfCancelled, trunkProgram } from '../runtime-context.ts';
import type { KeptTensors, WireTensors } from '../sessions/session-protocol.ts';
import type { CacheBudget } from './cache-budget.ts';
import { createFedText } from './fed-text.ts';
import { type OpenGeneration, runStep } from './generation-step.ts';
import { checkDraw, checkSamplers } from './sampler-checks.ts';

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
  checkSamplers(spec, request.samplers ?? [], batch);
  const interventions = toInterventionFeeds(spec, request.interventions ?? [], batch);
  const program = trunkProgram(context, toGraphRequest(context, request), batch);
  const release = budget.reserve(cacheBytes(context, request));
  try {
    const lane = context.lanes.decoding(program);
    const kept = await lane.keep(keptTensors(context, request, interventions));
    const text = isLengthDependent(spec) ? createFedText() : undefined;
    return createGeneration({ context, request, interventions, program, lane, kept, text, release });
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

/** What is kept in the lane: keys, values, and the logits that are drawn from. */
function cacheBytes({ model }: RuntimeContext, { batch, maxTokens, samplers }: GenerationRequest): number {
  const { n_layers, n_kv_heads, d_vocab } = model.spec;
  const perRow = 2 * n_layers * n_kv_heads * maxTokens * cachedHeadWidth(model.spec);
  return batch * (perRow + (samplers === undefined ? 0 : d_vocab)) * Float32Array.BYTES_PER_ELEMENT;
}

function keptTensors(
  { model }: RuntimeContext,
  request: GenerationRequest,
  interventions: readonly InterventionFeeds[],
): KeptTensors {
  const { n_layers, n_kv_heads, d_vocab } = model.spec;
  const dims = [request.batch, n_kv_heads, request.maxTokens, cachedHeadWidth(model.spec)];
  const layers = Array.from({ length: n_layers }, (_, layer) => cacheNames(layer)).flat();
  return {
    perRow: Object.assign({}, ...interventions.map((intervention) => intervention.perRow)) as WireTensors,
    shared: Object.assign({}, ...interventions.map((intervention) => intervention.shared)) as WireTensors,
    inPlace: layers.map(({ past, present }) => ({ input: past, output: present, dims })),
    ...(request.samplers && {
      sampled: { output: NAMES.logits, dims: [request.batch, d_vocab], samplers: request.samplers },
    }),
  };
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
    const draw = checkDraw(stepRequest.draw ?? [], request.samplers ?? []);
    const masks = open.interventions.map((intervention) =>
      toMask(intervention, stepRequest.masks?.get(intervention.hookPoint), [batch, tokens.positions]),
    );
    state = 'busy';
    try {
      const appended = { tokens, masks, lengths, draw };
      const result = await runStep(open, appended);
      open.text?.add(appended);
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
