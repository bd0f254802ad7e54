import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import {
  type FileChecks,
  hookPoints,
  loadModelDirectory,
  type ModelDirectory,
  mapQuantizedWeights,
  mapWeights,
  quantizedSha256,
  rememberFileChecks,
} from '@facet/transformer';
import { createCacheBudget } from './generation/cache-budget.ts';
import { openGeneration } from './generation/generation.ts';
import type { ModelRuntime, ModelRuntimeOptions } from './model-runtime.ts';
import { runForward } from './passes/forward.ts';
import { projectToVocabulary } from './passes/projection.ts';
import { compareScores } from './passes/token-scores.ts';
import { createLanePool } from './sessions/lane-pool.ts';

/** Compiled graph programs per lane; each holds its own packed copy of the weights it uses. */
const DEFAULT_MAX_SESSIONS = 8;

/** Bytes for all KV caches. */
const DEFAULT_MAX_CACHE_BYTES = 2 * 1024 ** 3;

/** Bytes for all F32 copies of weights in their folder. */
const DEFAULT_MAX_WEIGHT_COPY_BYTES = 64 * 1024 ** 3;

/** A batch of a large model on few cores takes minutes. */
const DEFAULT_MAX_RUN_MS = 600_000;

/** Packed copies of weights of at most this size are made for every program that decodes: it is twice as fast. */
const CHEAP_COPY_BYTES = 32 * 1024 ** 2;

/**
 * Below this, one single-threaded lane per thread beats one lane with several threads (measured on two cores:
 * 1.1 to 1.2 times for capture), and the lanes' copies of the weights cost little; above, one lane has all
 * threads.
 */
const SMALL_MODEL_BYTES = 256 * 1024 ** 2;

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
  const { model, modelSha256, weightBytes, packsEdited } = await mapModel(stored, { ...options, checks });
  const budget = createCacheBudget(options.maxCacheBytes ?? DEFAULT_MAX_CACHE_BYTES);
  const lanes = createLanes({ folder: model.weightFolder, weightBytes, threads }, options);
  const context = { model, lanes, trunks: new Map(), packsEdited };
  let isClosed = false;
  const whenOpen = <T>(work: () => Promise<T>): Promise<T> =>
    isClosed ? Promise.reject(closedError()) : work();
  return {
    spec,
    identity: { modelSha256, tokenizerSha256, storedModelSha256 },
    hookPoints: hookPoints(spec),
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
    return { model, modelSha256, weightBytes, packsEdited: weightBytes <= CHEAP_COPY_BYTES };
  }
  const model = await mapQuantizedWeights(stored, quantization, copies);
  return {
    model,
    modelSha256: quantizedSha256(modelSha256, quantization),
    weightBytes: model.copy!.bytes,
    // Unpacked, ONNX Runtime makes a quantized matrix whole again for every token.
    packsEdited: true,
  };
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new FacetError('invalid', `threads ${threads} is not a positive whole number`, { field: 'threads' });
}

/** Prepares the lanes of a model, by its size. */
export function createLanes(
  { folder, weightBytes, threads }: { folder: string; weightBytes: number; threads: number },
  options: ModelRuntimeOptions,
) {
  const isSmall = weightBytes <= SMALL_MODEL_BYTES;
  return createLanePool(isSmall ? threads : 1, {
    folder,
    threads: isSmall ? 1 : threads,
    maxSessions: options.maxSessions ?? DEFAULT_MAX_SESSIONS,
    maxRunMs: options.maxRunMs ?? DEFAULT_MAX_RUN_MS,
  });
}

/** Where F32 copies of weights lie: the user's cache. */
function defaultWeightCopies(): string {
  return join(homedir(), '.cache', 'facet', 'weights');
}

function closedError(): FacetError {
  return new FacetError('precondition', 'the model is closed', { reason: 'MODEL_CLOSED' });
}
