import { hostname } from 'node:os';
import {
  InferenceServiceDefinition,
  SaeServiceDefinition,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { type EventBus, keepQueued, openEventBus } from '@facet/events';
import { bindService, connect, createLogger, createServiceClient, type Logger, serve } from '@facet/mesh';
import { findLeftovers, keepSwept, type ObjectStore, openObjectStore } from '@facet/objects';
import type { TrainingServiceConfig } from './config.ts';
import { createSaeEvaluations } from './evaluation/sae-evaluations.ts';
import { createLiveRuns } from './runs/live-runs.ts';
import { createRunStore } from './runs/records/run-store.ts';
import { findTrainingOrphans } from './runs/records/training-orphans.ts';
import { createRunEvents } from './runs/run-events.ts';
import { createTrainingRuns, type TrainingRuns } from './runs/training-runs.ts';
import { createSaeHandlers } from './sae-handlers.ts';
import { createLoadedSaes } from './saes/loaded-saes.ts';
import { createFindModel } from './saes/named-model.ts';
import { createSaeRegistry } from './saes/sae-registry.ts';
import { createTrainingHandlers } from './training-handlers.ts';
import { createRunWorker, type RunWorker } from './worker/run-worker.ts';

export interface TrainingDependencies {
  /** A bus that is shared with other services of this process; it stays open. @default one of its own */
  events?: EventBus;
  logger?: Logger;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
}

/** The service while it runs. */
export interface RunningTraining {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /**
   * Drains calls for at most `graceMs`; a run that is under way goes back to the queue. Waits for native calls of its
   * threads, for a process that ends in the middle of one aborts.
   */
  stop(graceMs?: number): Promise<void>;
}

/** Serves facet.training.v1 and facet.sae.v1, and trains queued runs. */
export async function startTraining(
  config: TrainingServiceConfig,
  dependencies: TrainingDependencies = {},
): Promise<RunningTraining> {
  const logger = dependencies.logger ?? createLogger({ service: 'training', level: config.logLevel });
  const store = openObjectStore(config.objectsUrl);
  const { eventsUrl, ackWaitMs } = config;
  const bus =
    dependencies.events ?? (await openEventBus({ url: eventsUrl, ackWaitMs, signal: dependencies.signal }));
  const { host, port, environment, memoryBytes, threads, objectsUrl, importRoots, exportRoots } = config;
  const runs = createRunStore(store);
  const live = createLiveRuns(bus);
  const events = createRunEvents(bus);
  const loaded = createLoadedSaes(store, threads);
  const trainingRuns = createTrainingRuns({ store, runs, bus, live, events, memoryBytes });
  const inference = config.inferenceAddress === undefined ? undefined : connect(config.inferenceAddress);
  const findModel = createFindModel(inference && createServiceClient(InferenceServiceDefinition, inference));
  const registry = createSaeRegistry({ store, events, findModel, importRoots, exportRoots });
  const evaluations = createSaeEvaluations({
    objectsUrl,
    threads,
    inferenceAddress: config.inferenceAddress,
    logger,
  });
  const services = [
    bindService(TrainingServiceDefinition, createTrainingHandlers(trainingRuns)),
    bindService(SaeServiceDefinition, createSaeHandlers({ registry, loaded, evaluations })),
  ];
  const stopping = new AbortController();
  const worker = createRunWorker({
    runs,
    live,
    events,
    objectsUrl,
    threads,
    worker: `${hostname()}/${process.pid}`,
    logger,
  });
  const working = config.roles.includes('worker')
    ? work(bus, worker, { signal: stopping.signal, runs: trainingRuns, store, config, logger })
    : Promise.resolve();
  working.catch((err) => logger.error({ err }, 'the training worker ended'));
  const release = async () => {
    stopping.abort();
    await Promise.all([working.catch(() => undefined), evaluations.close()]);
    await loaded.close();
    inference?.close();
    if (!dependencies.events) await bus.close();
  };
  try {
    const reflection = environment === 'development';
    const limits = { idleMs: config.callIdleMs };
    const server = await serve({ name: 'training', host, port, services, reflection, logger, limits });
    return {
      address: server.address,
      port: server.port,
      async stop(graceMs) {
        await server.stop(graceMs);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Deliveries of a job; runs go on where they were, and those that come no further fail by themselves. */
const MAX_DELIVER = 1000;

interface Working {
  signal: AbortSignal;
  runs: TrainingRuns;
  store: ObjectStore;
  config: Pick<TrainingServiceConfig, 'ackWaitMs' | 'orphanAgeMs'>;
  logger: Logger;
}

/** One run at a time: a run uses every core. Runs whose jobs were lost are queued again beside it. */
async function work(
  bus: EventBus,
  worker: RunWorker,
  { signal, runs, store, config, logger }: Working,
): Promise<void> {
  await Promise.all([
    bus.work('train', worker.handle, { signal, maxDeliver: MAX_DELIVER, onDeadLetter: worker.giveUp }),
    keepQueued(bus, {
      kind: 'train',
      ids: runs.ids,
      unfinished: runs.unfinished,
      intervalMs: config.ackWaitMs,
      signal,
      onQueued: (jobs) => logger.warn({ jobs }, 'queued training runs again whose jobs were lost'),
      onError: (err) => logger.warn({ err }, 'could not look for training runs whose jobs were lost'),
    }),
    keepSwept({
      finders: [findLeftovers(store), findTrainingOrphans(store)],
      olderThanMs: config.orphanAgeMs,
      signal,
      onSwept: ({ what, place, bytes }) => logger.info({ place, bytes }, `removed ${what}`),
      onError: (err) => logger.warn({ err }, 'could not remove what killed writers left'),
    }),
  ]);
}
