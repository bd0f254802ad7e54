import {
  addressVariableOf,
  type Clients,
  openClients,
  SERVICE_NAMES,
  type ServiceAddresses,
} from '@facet/console';
import { isFacetError } from '@facet/errors';
import { connect, createServiceClient, type ServiceName } from '@facet/mesh';
import { HealthDefinition } from 'nice-grpc-server-health';
import { accepts, CONNECT_TIMEOUT_MS } from './accepts.ts';
import { type Check, failed, ok, warning } from './check.ts';
import { checkClickhouse } from './clickhouse.ts';

/** A question waits for its turn behind other work, milliseconds. */
const QUESTION_TIMEOUT_MS = 10_000;

export interface ServiceTargets {
  addresses: ServiceAddresses;
  env: Readonly<Record<string, string | undefined>>;
  /** Where `facet up` keeps its data. */
  dataDirectory: string;
}

/** A question to each service that costs little and goes through to what it stores. */
const QUESTIONS: Readonly<
  Record<ServiceName, (clients: Clients, call: { signal: AbortSignal }) => Promise<unknown>>
> = {
  inference: (clients, call) => clients.inference.listModels({}, call),
  capture: (clients, call) => clients.capture.listActivationSets({ pageSize: 1 }, call),
  training: (clients, call) => clients.training.listTrainingRuns({ pageSize: 1 }, call),
  features: (clients, call) => clients.indexing.listIndexingRuns({ pageSize: 1 }, call),
  steering: (clients, call) => clients.steering.listSteeringProfiles({ pageSize: 1 }, call),
};

/** Checks every service's address: free, taken by something else, or a service that is healthy and answers a question. */
export async function checkServices({ addresses, env, dataDirectory }: ServiceTargets): Promise<Check[]> {
  const clients = openClients(addresses);
  try {
    const services = await Promise.all(
      SERVICE_NAMES.map((name) => checkService(name, addresses[name], clients)),
    );
    const isNeeded = await accepts(addresses.features);
    const clickhouse = checkClickhouse({ env, dataDirectory, isNeeded });
    return [...services, ...(await Promise.all([clickhouse, ...checkNats(env)]))];
  } finally {
    clients.close();
  }
}

async function checkService(service: ServiceName, address: string, clients: Clients): Promise<Check> {
  const name = `service ${service}`;
  if (!(await accepts(address))) return ok(name, `not running; ${address} is free`);
  const connection = connect(address, { connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    const client = createServiceClient(HealthDefinition, connection, { deadlineMs: QUESTION_TIMEOUT_MS });
    const { status } = await client.check({ service: '' });
    if (Number(status) !== SERVING)
      return failed(
        name,
        `running at ${address}, not ready`,
        'something that it needs is missing; read its log',
      );
  } catch {
    const remedy = `set ${addressVariableOf(service).replace('ADDRESS', 'LISTEN')} to another port`;
    return warning(name, `${address} is taken by something that is not a Facet service`, remedy);
  } finally {
    connection.close();
  }
  return ask(service, address, clients);
}

async function ask(service: ServiceName, address: string, clients: Clients): Promise<Check> {
  const name = `service ${service}`;
  try {
    await QUESTIONS[service](clients, { signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS) });
    return ok(name, `running at ${address}, answers`);
  } catch (error) {
    const why = isFacetError(error) ? error.message : String(error);
    return failed(name, `running at ${address}, does not answer a question: ${why}`, 'read its log');
  }
}

/** HealthCheckResponse.ServingStatus.SERVING. */
const SERVING = 1;

function checkNats(env: ServiceTargets['env']): Promise<Check>[] {
  const url = env.FACET_EVENTS_URL || env.NATS_URL;
  if (!url || url === 'memory:') return [];
  return url.split(',').map(async (each) => {
    const { host } = new URL(each);
    const address = /:\d+$/.test(host) ? host : `${host}:4222`;
    if (await accepts(address)) return ok('NATS', `answers at ${address}`);
    return failed('NATS', `nothing answers at ${address}`, 'start nats-server -js, or unset NATS_URL');
  });
}
