import { ActivationSetServiceDefinition, InferenceServiceDefinition } from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import {
  type BoundService,
  bindService,
  connect,
  createLogger,
  createServiceClient,
  type Logger,
  serve,
} from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { createActivationSetHandlers } from './activation-set-handlers.ts';
import type { CaptureContext } from './capture-context.ts';
import { createInference } from './capturing/inference.ts';
import type { CaptureConfig } from './config.ts';
import { runWorker } from './jobs/worker.ts';
import { createSetStore } from './sets/set-store.ts';

export interface CaptureDependencies {
  /** Events and job queues, shared with other services of this process. @default opened from the config */
  events?: EventBus;
  logger?: Logger;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
  now?: () => Date;
}

/** The service while it runs. */
export interface RunningCapture {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** Drains calls for at most `graceMs`; jobs under way go back to the queue. */
  stop(graceMs?: number): Promise<void>;
}

/** Serves facet.activation.v1 and runs capture jobs, or one of the two, as the config's roles say. */
export async function startCapture(
  config: CaptureConfig,
  dependencies: CaptureDependencies = {},
): Promise<RunningCapture> {
  const logger = dependencies.logger ?? createLogger({ service: 'capture', level: config.logLevel });
  const { eventsUrl, ackWaitMs, orphanAgeMs } = config;
  const bus =
    dependencies.events ?? (await openEventBus({ url: eventsUrl, ackWaitMs, signal: dependencies.signal }));
  const connection = connect(config.inferenceAddress);
  const store = openObjectStore(config.objectsUrl);
  const { corpusRoots, workerId, requestTokens, roles, concurrency, host, port, environment } = config;
  const inference = createInference(createServiceClient(InferenceServiceDefinition, connection));
  const now = dependencies.now ?? (() => new Date());
  const sets = createSetStore(store);
  const context: CaptureContext = {
    store,
    sets,
    bus,
    inference,
    logger,
    now,
    corpusRoots,
    workerId,
    requestTokens,
  };
  const release = async () => {
    connection.close();
    if (!dependencies.events) await bus.close();
  };
  const isWorker = roles.includes('worker');
  const services: BoundService[] = roles.includes('api')
    ? [
        bindService(
          ActivationSetServiceDefinition,
          createActivationSetHandlers(context, { checkCorpus: isWorker }),
        ),
      ]
    : [];
  try {
    const reflection = environment === 'development';
    const limits = { idleMs: config.callIdleMs };
    const server = await serve({ name: 'capture', host, port, services, reflection, logger, limits });
    const stopWorking = new AbortController();
    const working = isWorker
      ? runWorker(context, { concurrency, ackWaitMs, orphanAgeMs, signal: stopWorking.signal })
      : Promise.resolve();
    working.catch((err) => logger.error({ err }, 'the capture worker ended'));
    return {
      address: server.address,
      port: server.port,
      async stop(graceMs) {
        stopWorking.abort(new Error('the capture service stops'));
        await server.stop(graceMs);
        await working.catch(() => {});
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}
