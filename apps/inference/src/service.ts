import { InferenceServiceDefinition } from '@facet/contracts';
import { bindService, createLogger, type Logger, serve } from '@facet/mesh';
import {
  createMemoryBudget,
  type OpenModelRuntime,
  openModelRuntime,
  privateBytes,
} from '@facet/model-runtime';
import type { InferenceConfig } from './config.ts';
import { createInferenceHandlers } from './inference-handlers.ts';
import { findModels } from './models/find-models.ts';
import { loadModels } from './models/model-registry.ts';
import { readLossText } from './models/quantization-loss.ts';
import { chooseQuantization } from './models/quantize-choice.ts';
import { createScheduler, type SchedulerLoad } from './scheduling/scheduler.ts';

export interface InferenceDependencies {
  /** Opens a model. @default ONNX Runtime in this process */
  openModelRuntime?: OpenModelRuntime;
  logger?: Logger;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
}

/** The service while it runs. */
export interface RunningInference {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** How busy the model is. */
  load(): SchedulerLoad;
  /** Drains calls for at most `graceMs`, then releases the models. */
  stop(graceMs?: number): Promise<void>;
}

/** Loads the models and serves facet.inference.v1. */
export async function startInference(
  config: InferenceConfig,
  dependencies: InferenceDependencies = {},
): Promise<RunningInference> {
  const logger = dependencies.logger ?? createLogger({ service: 'inference', level: config.logLevel });
  const { quantize, quantizeBlock, quantizeText } = config;
  const memory = createMemoryBudget(config.memoryBytes);
  memory.account().hold({ purpose: 'process', bytes: privateBytes() });
  const found = await findModels(config.models, config.cacheDirectory);
  const models = await loadModels(chooseQuantization(found, quantize, quantizeBlock), {
    openModelRuntime: dependencies.openModelRuntime ?? openModelRuntime,
    runtime: {
      threads: config.threads,
      maxCacheBytes: config.cacheBytes,
      maxRunMs: config.stepMs,
      checksFile: config.checksFile,
      weightCopies: config.weightCopies,
      maxWeightCopyBytes: config.weightCopyBytes,
      ...(dependencies.signal && { signal: dependencies.signal }),
    },
    memory,
    lossText: await readLossText(quantizeText),
    tokenizer: { processes: config.tokenizerThreads, jobMs: config.tokenizeMs },
    logger,
  });
  const scheduler = createScheduler({
    steps: config.concurrentSteps,
    active: config.activeRequests,
    waiting: config.waitingRequests,
    readerMs: config.readerMs,
    stallMs: config.stallMs,
  });
  const { batchTokens, host, port, environment } = config;
  const handlers = createInferenceHandlers({ models, scheduler, batchTokens });
  const services = [bindService(InferenceServiceDefinition, handlers)];
  const reflection = environment === 'development';
  const limits = { idleMs: config.callIdleMs };
  const readiness = [{ name: 'model steps', check: scheduler.requireProgress }];
  try {
    const server = await serve({
      name: 'inference',
      host,
      port,
      services,
      readiness,
      reflection,
      logger,
      limits,
    });
    return {
      address: server.address,
      port: server.port,
      load: scheduler.load,
      async stop(graceMs) {
        await server.stop(graceMs);
        await models.close();
      },
    };
  } catch (error) {
    await models.close();
    throw error;
  }
}
