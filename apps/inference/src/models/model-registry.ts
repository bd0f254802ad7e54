import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import { modelIdOf } from '@facet/hub';
import { formatName, type Logger, parseName } from '@facet/mesh';
import {
  type MemoryBudget,
  type ModelMemory,
  type ModelRuntime,
  type ModelRuntimeOptions,
  type OpenModelRuntime,
  totalBytes,
} from '@facet/model-runtime';
import { type DType, elementCount, readSafetensorsHeader } from '@facet/tensor';
import {
  openTokenizerPool,
  type TokenizerPool,
  type TokenizerPoolOptions,
} from '../tokens/tokenizer-pool.ts';
import { describeQuantization, quantizationSentence } from './held-quantization.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { LossText } from './quantization-loss.ts';
import type { ChosenModel } from './quantize-choice.ts';

/** The models that the service holds. */
export interface ModelRegistry {
  /** Finds a model by resource name; `field` is the request field that named it. */
  get(name: string, field: string): LoadedModel;
  /** All models, by id. */
  list(): readonly LoadedModel[];
  /** Releases every model. */
  close(): Promise<void>;
}

export interface LoadOptions {
  openModelRuntime: OpenModelRuntime;
  runtime: Omit<ModelRuntimeOptions, 'memory'>;
  /** The memory of all models. */
  memory: MemoryBudget;
  tokenizer: Omit<TokenizerPoolOptions, 'logger'>;
  /** What the loss of quantized models is measured on. */
  lossText: LossText;
  logger: Logger;
}

/** Loads the models one after another; when one fails, those before it are released. */
export async function loadModels(
  locations: readonly ChosenModel[],
  options: LoadOptions,
): Promise<ModelRegistry> {
  const models = new Map<string, LoadedModel>();
  const close = async () => {
    const all = [...models.values()];
    await Promise.all(all.flatMap(({ runtime, tokenizer }) => [runtime.close(), tokenizer.close()]));
  };
  try {
    for (const location of locations) {
      if (options.runtime.signal?.aborted)
        throw new FacetError('cancelled', 'stopped while models were loading');
      models.set(location.id, await loadModel(location, options));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { get: (name, field) => find(models, name, field), list: () => [...models.values()], close };
}

async function loadModel(location: ChosenModel, options: LoadOptions): Promise<LoadedModel> {
  const { logger } = options;
  const tokenizer = await openTokenizerPool(location.directory, { ...options.tokenizer, logger });
  const memory = options.memory.account();
  try {
    // Held for as long as the model: the service ends with its models.
    memory.hold({ purpose: 'tokenizers', bytes: tokenizer.memoryBytes });
    const runtime = { ...options.runtime, memory };
    return { ...(await loadRuntime(location, tokenizer, { ...options, runtime })), memory };
  } catch (error) {
    await tokenizer.close();
    throw isFacetError(error) && error.reason === 'MEMORY_FULL' ? doesNotFit(location, error) : error;
  }
}

function doesNotFit({ id }: ChosenModel, error: FacetError): FacetError {
  const { kind, reason, metadata } = error;
  const { bytes, held, budget } = metadata;
  return new FacetError(
    kind,
    `the model ${id} needs ${bytes} bytes more, and ${held} of the ${budget} bytes of the budget are held; ` +
      'raise FACET_INFERENCE_MEMORY_MIB, or hold fewer models',
    { cause: error, reason, metadata },
  );
}

/** A model before its account of memory is set beside it. */
type OpenedModel = Omit<LoadedModel, 'memory'>;

interface RuntimeOptions extends Omit<LoadOptions, 'runtime'> {
  runtime: ModelRuntimeOptions;
}

async function loadRuntime(
  model: ChosenModel,
  tokenizer: TokenizerPool,
  options: RuntimeOptions,
): Promise<OpenedModel> {
  const startedMs = performance.now();
  const { directory, quantization } = model;
  const runtimeOptions = { ...options.runtime, ...(quantization && { quantization }) };
  const runtime = await options.openModelRuntime(directory, runtimeOptions);
  try {
    return await describeModel(model, { ...options, runtimeOptions, runtime, tokenizer, startedMs });
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

interface OpenParts extends Omit<LoadOptions, 'runtime' | 'tokenizer'> {
  runtime: ModelRuntime;
  runtimeOptions: ModelRuntimeOptions;
  tokenizer: TokenizerPool;
  startedMs: number;
}

/** Finds what the contract tells about a model that is open, and logs it. */
async function describeModel(
  { id, directory, quantization: wanted }: ChosenModel,
  { runtime, runtimeOptions, tokenizer, startedMs, logger, lossText: text, openModelRuntime }: OpenParts,
): Promise<OpenedModel> {
  const { d_vocab, modelType } = runtime.spec;
  const parts = { directory, tokenizer, text, openModelRuntime, runtime: runtimeOptions };
  const quantization = wanted && (await describeQuantization(runtime, { ...parts, quantization: wanted }));
  const weightDtype = await readWeightDtype(directory);
  const special = new Uint8Array(d_vocab);
  for (const token of tokenizer.facts.specialTokenIds) if (token < d_vocab) special[token] = 1;
  const seconds = (performance.now() - startedMs) / 1000;
  const said = { model: id, directory, modelType, seconds: Math.round(seconds * 100) / 100 };
  logger.info({ ...said, ...memorySizes(runtime.memory()) }, 'model loaded');
  if (quantization !== undefined) logger.info({ model: id }, quantizationSentence(quantization));
  const warnings = [
    ...runtime.warnings,
    ...tokenizer.facts.warnings,
    ...(await unusableTokens(tokenizer, d_vocab)),
  ];
  for (const warning of warnings) logger.warn({ model: id, directory }, warning);
  return { id, runtime, tokenizer, weightDtype, special, warnings, quantization };
}

/** Sizes of a model, MiB. */
function memorySizes({ fileBytes, copyBytes, held, limit }: ModelMemory): Record<string, number> {
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  return {
    fileMib: mib(fileBytes),
    copyMib: mib(copyBytes),
    privateMib: mib(totalBytes(held)),
    budgetMib: mib(limit),
  };
}

/** Tokens named in a warning; models that were made for more tokens can lack thousands. */
const MAX_NAMED_TOKENS = 5;

/** Warns of tokens that the tokenizer writes and that have no row in the embedding: texts that hold one are refused. */
async function unusableTokens(tokenizer: TokenizerPool, d_vocab: number): Promise<string[]> {
  const ids = tokenizer.facts.tokenIds.filter((id) => id >= d_vocab);
  if (ids.length === 0) return [];
  const first = ids.slice(0, MAX_NAMED_TOKENS);
  const texts = await tokenizer.tokenTexts(first, new AbortController().signal);
  const named = first.map((id, index) => `${JSON.stringify(texts[index])} (${id})`);
  const more = ids.length > named.length ? ` and ${ids.length - named.length} more` : '';
  return [
    `tokenizer.json has tokens beyond the ${d_vocab} rows of the embedding: ${named.join(', ')}${more}; ` +
      'texts that hold one are refused: resize the embedding or remove them from added_tokens',
  ];
}

function find(models: ReadonlyMap<string, LoadedModel>, name: string, field: string): LoadedModel {
  const model = models.get(idOf(name, field));
  if (model !== undefined) return model;
  const held = [...models.keys()].map((id) => formatName('models', id)).join(', ');
  throw new FacetError('not-found', `${name} is not held here; held are: ${held}`, {
    reason: 'MODEL_NOT_FOUND',
    metadata: { resourceType: 'models', resourceName: name },
  });
}

/** A folder's name is taken for the id that its model has. */
const FOLDER_NAME = /^models\/([a-zA-Z0-9][\w.-]{0,95})$/;

function idOf(name: string, field: string): string {
  const folder = FOLDER_NAME.exec(name)?.[1];
  return folder === undefined ? parseName(name, 'models', field) : modelIdOf(folder);
}

/** The element type of the largest tensor: what most of the weights are stored in. */
async function readWeightDtype(directory: string): Promise<DType> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.safetensors')).sort();
  const largest = { dtype: 'F32' as DType, elements: 0 };
  for (const file of files) {
    const header = await readSafetensorsHeader(join(directory, file));
    for (const { dtype, shape } of header.entries.values())
      if (elementCount(shape) > largest.elements)
        Object.assign(largest, { dtype, elements: elementCount(shape) });
  }
  return largest.dtype;
}
