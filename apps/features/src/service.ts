import { createClient } from '@clickhouse/client';
import {
  FeatureServiceDefinition,
  IndexingServiceDefinition,
  InferenceServiceDefinition,
} from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { openFeatureIndex } from '@facet/feature-index';
import {
  bindService,
  connect,
  createLogger,
  createServiceClient,
  currentRequest,
  type Logger,
  redactPassword,
  serve,
} from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import type { FeaturesConfig } from './config.ts';
import { createFeatureHandlers } from './feature-handlers.ts';
import { runWorker } from './indexing/index-worker.ts';
import { createIndexingHandlers } from './indexing-handlers.ts';
import { createInference } from './inference.ts';
import { forgetDeletedSaes } from './labels/forget-saes.ts';
import { createLabelStore } from './labels/label-store.ts';
import { CLICKHOUSE_TIMEOUT_MS, MAX_MESSAGE_BYTES } from './limits.ts';
import { createIndexOf } from './questions/bound-index.ts';
import { createVectorCache } from './questions/vector-cache.ts';
import { featuresReadiness } from './readiness.ts';
import { createIndexTurns } from './runs/index-turns.ts';
import { createIndexingRuns } from './runs/indexing-runs.ts';
import { createRunStore } from './runs/run-store.ts';
import { createSaeLibrary } from './sae-library.ts';
import { keepTrainingMetrics } from './training-metrics.ts';

export interface FeaturesDependencies {
  /** Events and job queues, shared with other services of this process. @default opened from the config */
  events?: EventBus;
  logger?: Logger;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
}

/** The service while it runs. */
export interface RunningFeatures {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** Drains calls for at most `graceMs`, gives a running job back to the queue, closes connections. */
  stop(graceMs?: number): Promise<void>;
}

/** Serves facet.feature.v1 and works on indexing runs, as the roles say. */
export async function startFeatures(
  config: FeaturesConfig,
  dependencies: FeaturesDependencies = {},
): Promise<RunningFeatures> {
  const logger = dependencies.logger ?? createLogger({ service: 'features', level: config.logLevel });
  const { parts, readiness, close } = await wire(config, { ...dependencies, logger });
  const { host, port, environment } = config;
  const services = config.roles.includes('api')
    ? [
        bindService(FeatureServiceDefinition, createFeatureHandlers(parts)),
        bindService(IndexingServiceDefinition, createIndexingHandlers(createIndexingRuns(parts))),
      ]
    : [];
  const working = new AbortController();
  try {
    const reflection = environment === 'development';
    const limits = { idleMs: config.callIdleMs };
    const listen = { name: 'features', host, port, services };
    const server = await serve({ ...listen, reflection, logger, limits, readiness });
    const { concurrency, ackWaitMs, orphanAgeMs } = config;
    const worker = config.roles.includes('worker')
      ? runWorker(parts, { concurrency, ackWaitMs, orphanAgeMs, signal: working.signal })
      : Promise.resolve();
    worker.catch((error) => logger.error({ err: error }, 'the worker has stopped'));
    const keeping = config.roles.includes('worker')
      ? keepTrainingMetrics(parts, working.signal)
      : Promise.resolve();
    const forgetting = config.roles.includes('worker')
      ? forgetDeletedSaes(parts, working.signal)
      : Promise.resolve();
    forgetting.catch((error) => logger.error({ err: error }, 'deleted SAEs are not forgotten any more'));
    keeping.catch((error) => logger.error({ err: error }, 'training metrics are not kept any more'));
    return {
      address: server.address,
      port: server.port,
      async stop(graceMs) {
        working.abort();
        await server.stop(graceMs);
        await worker.catch(() => {});
        await keeping.catch(() => {});
        await forgetting.catch(() => {});
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function wire(
  config: FeaturesConfig,
  { events, logger, signal }: FeaturesDependencies & { logger: Logger },
) {
  const { eventsUrl, ackWaitMs } = config;
  const bus = events ?? (await openEventBus({ url: eventsUrl, ackWaitMs, signal }));
  const store = openObjectStore(config.objectsUrl);
  const client = createClient({
    url: config.clickhouseUrl,
    username: config.clickhouseUser,
    password: config.clickhousePassword,
    request_timeout: CLICKHOUSE_TIMEOUT_MS,
    max_open_connections: 10,
    log: { level: 127 },
  });
  const index = openFeatureIndex({
    client,
    address: redactPassword(config.clickhouseUrl),
    database: config.database,
    retryForMs: config.clickhouseRetryMs,
    readSignal: () => currentRequest()?.signal,
  });
  const connection = connect(config.inferenceAddress, { maxReceiveBytes: MAX_MESSAGE_BYTES });
  const inference = createInference(createServiceClient(InferenceServiceDefinition, connection));
  const saes = createSaeLibrary(store, config.saeCache);
  const labels = createLabelStore(store, index);
  const runs = createRunStore(store);
  const turns = createIndexTurns(store, runs);
  const parts = {
    bus,
    store,
    index,
    indexOf: createIndexOf({ store, index, labels }),
    inference,
    saes,
    labels,
    runs,
    turns,
    logger,
    vectorsOf: createVectorCache(index),
    now: Date.now,
  };
  return {
    parts,
    readiness: featuresReadiness({ clickhouse: client, inference: connection, bus }),
    async close() {
      await saes.close();
      connection.close();
      await client.close();
      if (events === undefined) await bus.close();
    },
  };
}
