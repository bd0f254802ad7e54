import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectoryOf } from '@facet/hub';
import { commonVariables, type Environment, integerVariable, listenVariable, readConfig } from '@facet/mesh';
import { defaultMemoryBytes, machineMemory } from '@facet/model-runtime';
import { z } from 'zod';
import { type QuantizeChoice, quantizeVariable } from './models/quantize-choice.ts';

/** Settings of the inference service. */
export interface InferenceConfig {
  /** Host to listen on. @default 127.0.0.1 */
  host: string;
  /** TCP port; 0 lets the system choose. @default 50051 */
  port: number;
  /** Where the models are: see `findModels`. */
  models: string;
  /** Folder of the models that were pulled. @default ~/.cache/huggingface/hub */
  cacheDirectory: string;
  /** Threads that compute at once for one model. @default the number of cores */
  threads: number;
  /** Tokens of one batch of a forward pass, padding included. @default 4096 */
  batchTokens: number;
  /** Steps of model work (a batch, a decode step) that run at once. @default the number of cores */
  concurrentSteps: number;
  /** Requests that take turns at model work. @default 8 */
  activeRequests: number;
  /** Requests that wait for a turn; more are refused with RESOURCE_EXHAUSTED. @default 64 */
  waitingRequests: number;
  /** Most that a caller with a place may be behind in reading while others wait. @default 10000 ms */
  readerMs: number;
  /** Time without the end of a step, while requests wait, after which health says NOT_SERVING. @default 120000 ms */
  stallMs: number;
  /** Longest time that a compute thread may take to answer; then it is replaced. @default 600000 ms */
  stepMs: number;
  /** Threads of one model that tokenize long texts; one more does what is short. @default 2 */
  tokenizerThreads: number;
  /** Longest time that tokenizing a text may take; one of n characters gets n/25 ms more. @default 10000 ms */
  tokenizeMs: number;
  /** Private memory of all models together, bytes. @default half of the machine's memory, or of the control group's */
  memoryBytes: number;
  /** Memory of the key/value caches of one model, bytes. @default 1 GiB */
  cacheBytes: number;
  /** Folder of the F32 copies of weights that are stored otherwise. @default facet/weights in the user's cache folder */
  weightCopies: string;
  /** Bytes of all copies in that folder; the least recently used that nobody maps are removed. @default 64 GiB */
  weightCopyBytes: number;
  /** Which models hold their matrices in whole numbers. @default none */
  quantize: QuantizeChoice;
  /** Inputs that share a scale and a zero in quantized matrices: 32, 64 or 128. @default 32 */
  quantizeBlock: 32 | 64 | 128;
  /** Text on which the loss that quantizing costs is measured. @default a text of its own */
  quantizeText: string | undefined;
  /** File that remembers what a reading of all weights found. @default facet/weight-checks in the user's cache folder */
  checksFile: string;
  /** `development` switches gRPC reflection on. @default development */
  environment: 'development' | 'production';
  /** Least severe level that is logged. @default info */
  logLevel: string;
  /** Most that a caller may be behind in reading, or time that its request may be unfinished. @default 60000 ms */
  callIdleMs: number;
}

const variables = z.object({
  ...commonVariables,
  FACET_INFERENCE_LISTEN: listenVariable('inference'),
  FACET_MODELS: z.string('name a model directory, a folder of them, or id=directory pairs'),
  FACET_INFERENCE_THREADS: integerVariable(availableParallelism(), { min: 1, max: 256 }),
  FACET_INFERENCE_BATCH_TOKENS: integerVariable(4096, { min: 64, max: 1_048_576 }),
  FACET_INFERENCE_CONCURRENT_STEPS: integerVariable(availableParallelism(), { min: 1, max: 256 }),
  FACET_INFERENCE_ACTIVE_REQUESTS: integerVariable(8, { min: 1, max: 1024 }),
  FACET_INFERENCE_WAITING_REQUESTS: integerVariable(64, { min: 0, max: 65_536 }),
  FACET_INFERENCE_READER_SECONDS: integerVariable(10, { min: 1, max: 86_400 }),
  FACET_INFERENCE_STALL_SECONDS: integerVariable(120, { min: 1, max: 86_400 }),
  FACET_INFERENCE_STEP_SECONDS: integerVariable(600, { min: 1, max: 86_400 }),
  FACET_INFERENCE_TOKENIZER_THREADS: integerVariable(2, { min: 1, max: 64 }),
  FACET_INFERENCE_TOKENIZE_SECONDS: integerVariable(10, { min: 1, max: 86_400 }),
  FACET_INFERENCE_MEMORY_MIB: integerVariable(toMib(defaultMemoryBytes()), {
    min: 128,
    max: toMib(machineMemory()),
  }),
  FACET_INFERENCE_CACHE_MIB: integerVariable(1024, { min: 1, max: 1_048_576 }),
  FACET_INFERENCE_CHECKS_FILE: z.string().optional(),
  FACET_INFERENCE_WEIGHT_COPIES: z.string().optional(),
  FACET_INFERENCE_WEIGHT_COPIES_MIB: integerVariable(65_536, { min: 1, max: 1_073_741_824 }),
  FACET_INFERENCE_QUANTIZE: quantizeVariable,
  FACET_INFERENCE_QUANTIZE_BLOCK: z.enum(['32', '64', '128'], 'must be 32, 64 or 128').default('32'),
  FACET_INFERENCE_QUANTIZE_TEXT: z.string().optional(),
  HF_HUB_CACHE: z.string().optional(),
  HUGGINGFACE_HUB_CACHE: z.string().optional(),
  HF_HOME: z.string().optional(),
  XDG_CACHE_HOME: z.string().optional(),
});

const schema = variables.transform(
  (env): InferenceConfig => ({
    host: env.FACET_INFERENCE_LISTEN.host,
    port: env.FACET_INFERENCE_LISTEN.port,
    models: env.FACET_MODELS,
    cacheDirectory: cacheDirectoryOf(env),
    threads: env.FACET_INFERENCE_THREADS,
    batchTokens: env.FACET_INFERENCE_BATCH_TOKENS,
    concurrentSteps: env.FACET_INFERENCE_CONCURRENT_STEPS,
    activeRequests: env.FACET_INFERENCE_ACTIVE_REQUESTS,
    waitingRequests: env.FACET_INFERENCE_WAITING_REQUESTS,
    readerMs: env.FACET_INFERENCE_READER_SECONDS * 1000,
    stallMs: env.FACET_INFERENCE_STALL_SECONDS * 1000,
    stepMs: env.FACET_INFERENCE_STEP_SECONDS * 1000,
    tokenizerThreads: env.FACET_INFERENCE_TOKENIZER_THREADS,
    tokenizeMs: env.FACET_INFERENCE_TOKENIZE_SECONDS * 1000,
    memoryBytes: env.FACET_INFERENCE_MEMORY_MIB * 2 ** 20,
    cacheBytes: env.FACET_INFERENCE_CACHE_MIB * 2 ** 20,
    weightCopies: env.FACET_INFERENCE_WEIGHT_COPIES ?? inCache(env, 'weights'),
    weightCopyBytes: env.FACET_INFERENCE_WEIGHT_COPIES_MIB * 2 ** 20,
    quantize: env.FACET_INFERENCE_QUANTIZE,
    quantizeBlock: Number(env.FACET_INFERENCE_QUANTIZE_BLOCK) as InferenceConfig['quantizeBlock'],
    quantizeText: env.FACET_INFERENCE_QUANTIZE_TEXT,
    checksFile: env.FACET_INFERENCE_CHECKS_FILE ?? inCache(env, 'weight-checks'),
    environment: env.FACET_ENV,
    logLevel: env.FACET_LOG_LEVEL,
    callIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
  }),
);

function toMib(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}

function inCache({ XDG_CACHE_HOME }: { XDG_CACHE_HOME?: string | undefined }, name: string): string {
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'facet', name);
}

/** Reads the service's settings from environment variables; throws one `invalid` error naming every problem. */
export function readInferenceConfig(env: Environment): Readonly<InferenceConfig> {
  return readConfig(schema, env);
}
