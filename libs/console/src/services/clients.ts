import {
  ActivationSetServiceDefinition,
  FeatureServiceDefinition,
  IndexingServiceDefinition,
  InferenceServiceDefinition,
  SaeServiceDefinition,
  SteeringServiceDefinition,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { connect, createServiceClient, type ServiceClient, type ServiceName } from '@facet/mesh';
import { addressVariableOf, SERVICE_NAMES, type ServiceAddresses } from './addresses.ts';

/** Typed clients of all services; connections open at the first call. */
export interface Clients {
  readonly inference: ServiceClient<typeof InferenceServiceDefinition>;
  readonly capture: ServiceClient<typeof ActivationSetServiceDefinition>;
  readonly training: ServiceClient<typeof TrainingServiceDefinition>;
  readonly saes: ServiceClient<typeof SaeServiceDefinition>;
  readonly features: ServiceClient<typeof FeatureServiceDefinition>;
  readonly indexing: ServiceClient<typeof IndexingServiceDefinition>;
  readonly steering: ServiceClient<typeof SteeringServiceDefinition>;
  close(): void;
}

/** A person waits: a service that is not there is reported after this long. */
const CONNECT_TIMEOUT_MS = 3000;
/** Contrast searches and imports may take longer than the default deadline of a call. */
const CALL_DEADLINE_MS = 120_000;

/** Creates the clients of services at `addresses`. */
export function openClients(addresses: ServiceAddresses): Clients {
  const connections = Object.fromEntries(
    SERVICE_NAMES.map((name) => [name, connect(addresses[name], { connectTimeoutMs: CONNECT_TIMEOUT_MS })]),
  ) as Record<ServiceName, ReturnType<typeof connect>>;
  const options = { deadlineMs: CALL_DEADLINE_MS };
  return {
    inference: createServiceClient(InferenceServiceDefinition, connections.inference, options),
    capture: createServiceClient(ActivationSetServiceDefinition, connections.capture, options),
    training: createServiceClient(TrainingServiceDefinition, connections.training, options),
    saes: createServiceClient(SaeServiceDefinition, connections.training, options),
    features: createServiceClient(FeatureServiceDefinition, connections.features, options),
    indexing: createServiceClient(IndexingServiceDefinition, connections.features, options),
    steering: createServiceClient(SteeringServiceDefinition, connections.steering, options),
    close: () => {
      for (const connection of Object.values(connections)) connection.close();
    },
  };
}

/** Runs `work` with clients; when a service is not there, the error says which one and how to start it. */
export async function withClients<T>(
  addresses: ServiceAddresses,
  work: (clients: Clients) => Promise<T>,
): Promise<T> {
  const clients = openClients(addresses);
  try {
    return await work(clients);
  } catch (error) {
    throw withRemedy(error, addresses);
  } finally {
    clients.close();
  }
}

function withRemedy(error: unknown, addresses: ServiceAddresses): unknown {
  if (!(error instanceof FacetError) || error.reason !== 'NOT_REACHABLE') return error;
  const { address } = error.metadata;
  const service = SERVICE_NAMES.find((name) => addresses[name] === address);
  if (service === undefined) return error;
  return new FacetError(
    'unavailable',
    `the ${service} service is not there: nothing answers at ${address}; start the services with \`facet up\`, ` +
      `or say where it is with --${service}-address or ${addressVariableOf(service)}`,
    { cause: error, reason: error.reason, metadata: error.metadata },
  );
}
