import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SaeServiceDefinition, TrainingServiceDefinition } from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { connect, createLogger, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { readTrainingConfig } from '../config.ts';
import { type RunningTraining, startTraining } from '../service.ts';

/** One replica of the service with clients that call it over a socket. */
export interface Replica {
  training: ServiceClient<typeof TrainingServiceDefinition>;
  saes: ServiceClient<typeof SaeServiceDefinition>;
  stop(): Promise<void>;
}

/** The service for tests: any number of replicas over one store and one bus. */
export interface TrainingSystem {
  folder: string;
  store: ObjectStore;
  bus: EventBus;
  start(env?: Readonly<Record<string, string>>): Promise<Replica>;
  stop(): Promise<void>;
}

/** Prepares a store in a temporary folder and a bus in process. */
export async function createTrainingSystem(): Promise<TrainingSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-training-'));
  const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
  const bus = await openEventBus({ url: 'memory:' });
  const replicas = new Set<Replica>();
  return {
    folder,
    store: openObjectStore(objectsUrl),
    bus,
    async start(env = {}) {
      const config = readTrainingConfig({
        FACET_OBJECTS_URL: objectsUrl,
        FACET_TRAINING_LISTEN: '127.0.0.1:0',
        FACET_TRAINING_THREADS: '1',
        ...env,
      });
      const logger = createLogger({ service: 'training', level: 'silent' });
      const replica = connectTo(await startTraining(config, { events: bus, logger }), () =>
        replicas.delete(replica),
      );
      replicas.add(replica);
      return replica;
    },
    async stop() {
      for (const replica of [...replicas]) await replica.stop();
      await bus.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function connectTo(service: RunningTraining, onStop: () => void): Replica {
  const connection = connect(service.address);
  return {
    training: createServiceClient(TrainingServiceDefinition, connection),
    saes: createServiceClient(SaeServiceDefinition, connection),
    async stop() {
      onStop();
      await connection.close();
      await service.stop(1000);
    },
  };
}
