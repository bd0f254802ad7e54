import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import {
  type FileChecks,
  guardWeights,
  hookPoints,
  loadModelDirectory,
  type ModelDirectory,
  mapQuantizedWeights,
  mapWeights,
  packedBytesOf,
  quantizedSha256,
  rememberFileChecks,
} from '@facet/transformer';
import { createCacheBudget } from './generation/cache-budget.ts';
import { openGeneration } from './generation/generation.ts';
import { defaultMemoryBytes } from './memory/machine-memory.ts';
import { createMemoryBudget } from './memory/memory-budget.ts';
import type { ModelRuntime, ModelRuntimeOptions } from './model-runtime.ts';
import { runForward } from './passes/forward.ts';
import { projectToVocabulary } from './passes/projection.ts';
import { compareScores } from './passes/token-scores.ts';
import { createLanePool, type LanePoolOptions, TINY_MODEL_BYTES } from './sessions/lane-pool.ts';

/** Compiled graph programs per lane; each holds its own packed copy of the weights it uses. */
const DEFAULT_MAX_SESSIONS = 8;

/** Bytes for all KV caches. */
const DEFAULT_MAX_CACHE_BYTES = 2 * 1024 ** 3;

/** Bytes for all F32 copies of weights in their folder. */
const DEFAULT_MAX_WEIGHT_COPY_BYTES = 64 * 1024 ** 3;

/** A batch of a large model on few cores takes minutes. */
const DEFAULT_MAX_RUN_MS = 600_000;

/**
 * Loads the Hugging Face directory, checks every weight, and answers with the runtime. A missing file is
 * `not-found`, a broken one `invalid`, a model that is known but not supported `unimplemented`.
 */
export async function openModelRuntime(
  directory: string,
  options: ModelRuntimeOptions = {},
): Promise<ModelRuntime> {
  const { signal, checksFile } = options;
  const checks = checksFile === undefined ? undefined : rememberFileChecks(checksFile);
  const stored = await loadModelDirectory(directory, { signal, checks });
  const { tokenizerSha256, spec, modelSha256: storedModelSha256 } = stored;
  const threads = checkThreads(options.threads ?? availableParallelism());
  const mapping = await mapModel(stored, { ...options, checks });
  const { model, modelSha256, mappedBytes, packedBytes, packsEdited } = mapping;
  const memory = options.memory ?? createMemoryBudget(defaultMemoryBytes()).account();
  const budget = createCacheBudget(options.maxCacheBytes ?? DEFAULT_MAX_CACHE_BYTES, memory);
  const lanes = createLanes({ folder: model.weightFolder, mappedBytes, threads, memory }, options);
  const context = { model, packedBytes, lanes, memory, trunks: new Map(), packsEdited };
  let isClosed = false;
  const requireUnchanged = await guardWeights(model);
  const whenOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isClosed) await requireUnchanged();
    if (isClosed) throw closedError();
    return work();
  };
  return {
    spec,
    identity: { modelSha256, tokenizerSha256, storedModelSha256 },
    hookPoints: hookPoints(spec),
    memory: () => ({
      fileBytes: stored.weightBytes,
      copyBytes: model.copy?.bytes ?? 0,
      held: memory.held(),
      heldByAll: memory.heldByAll(),
      limit: memory.limit,
    }),
    warnings: [...stored.warnings, ...model.warnings],
    forward: (request) => whenOpen(() => runForward(context, request)),
    compareScores: (request) => whenOpen(() => compareScores(context, request)),
    openGeneration: (request) => whenOpen(() => openGeneration(context, budget, request)),
    projectToVocabulary: (request) => whenOpen(() => projectToVocabulary(context, request)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await lanes.close().finally(model.release);
    },
  };
}

/** Lays the weights out as they are to be computed with, under the hash of what they are then. */
async function mapModel(
  stored: ModelDirectory,
  options: Omit<ModelRuntimeOptions, 'checksFile'> & { checks: FileChecks | undefined },
) {
  const { weightCopies, maxWeightCopyBytes, quantization, checks, signal } = options;
  const copies = {
    folder: weightCopies ?? defaultWeightCopies(),
    maxBytes: maxWeightCopyBytes ?? DEFAULT_MAX_WEIGHT_COPY_BYTES,
    checks,
    signal,
  };
  const { modelSha256, weightBytes } = stored;
  if (quantization === undefined) {
    const model = await mapWeights(stored, copies);
    const mappedBytes = model.copy?.bytes ?? weightBytes;
    const packsEdited = mappedBytes <= TINY_MODEL_BYTES;
    return { model, modelSha256, mappedBytes, packedBytes: mappedBytes, packsEdited };
  }
  const model = await mapQuantizedWeights(stored, quantization, copies);
  return {
    model,
    modelSha256: quantizedSha256(modelSha256, quantization),
    mappedBytes: model.copy!.bytes,
    packedBytes: packedBytesOf(model.weights),
    // Unpacked, ONNX Runtime makes a quantized matrix whole again for every token.
    packsEdited: true,
  };
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new FacetError('invalid', `threads ${threads} is not a positive whole number`, { field: 'threads' });
}

/** Prepares the lanes of a model, by the size of its mapped weights. */
export function createLanes(
  model: Omit<LanePoolOptions, 'maxSessions' | 'maxRunMs'>,
  { maxSessions, maxRunMs }: ModelRuntimeOptions,
) {
  return createLanePool({
    ...model,
    maxSessions: maxSessions ?? DEFAULT_MAX_SESSIONS,
    maxRunMs: maxRunMs ?? DEFAULT_MAX_RUN_MS,
  });
}

/** Where F32 copies of weights lie: the user's cache. */
function defaultWeightCopies(): string {
  return join(homedir(), '.cache', 'facet', 'weights');
}

function closedError(): FacetError {
  return new FacetError('precondition', 'the model is closed', { reason: 'MODEL_CLOSED' });
}
