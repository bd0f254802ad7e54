import {
  ActivationSetServiceDefinition,
  FeatureServiceDefinition,
  IndexingServiceDefinition,
  InferenceServiceDefinition,
  SaeServiceDefinition,
  SteeringServiceDefinition,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { type Connection, connect, createServiceClient } from '@facet/mesh';
import type { Service } from './system.ts';

/** One client for every service of a system. */
export type Clients = ReturnType<typeof createClients>;

/** Connects to all services; `close` ends the connections. */
export function createClients(addresses: Readonly<Record<Service, string>>) {
  const connections: Connection[] = [];
  const to = (service: Service) => {
    const connection = connect(addresses[service], { maxReceiveBytes: 16 * 2 ** 20 });
    connections.push(connection);
    return connection;
  };
  const training = to('training');
  const features = to('features');
  return {
    inference: createServiceClient(InferenceServiceDefinition, to('inference')),
    activationSets: createServiceClient(ActivationSetServiceDefinition, to('capture')),
    trainingRuns: createServiceClient(TrainingServiceDefinition, training),
    saes: createServiceClient(SaeServiceDefinition, training),
    indexingRuns: createServiceClient(IndexingServiceDefinition, features),
    features: createServiceClient(FeatureServiceDefinition, features),
    steering: createServiceClient(SteeringServiceDefinition, to('steering')),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** Reads a stream of events to its end and gives the last one. */
export async function last<T>(events: AsyncIterable<T>): Promise<T> {
  let latest: T | undefined;
  for await (const event of events) latest = event;
  if (latest === undefined) throw new Error('the stream ended without an event');
  return latest;
}

/** Reads a stream to its end. */
export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}
