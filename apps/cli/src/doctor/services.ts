import { createConnection } from 'node:net';
import { connect, createServiceClient, parseHostPort } from '@facet/mesh';
import { HealthDefinition } from 'nice-grpc-server-health';
import { addressVariableOf, SERVICE_NAMES, type ServiceAddresses } from '../addresses.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** A service on this machine answers at once, milliseconds. */
const CONNECT_TIMEOUT_MS = 1500;
const DEFAULT_CLICKHOUSE_URL = 'http://127.0.0.1:8123';

export interface ServiceTargets {
  addresses: ServiceAddresses;
  env: Readonly<Record<string, string | undefined>>;
}

/** Checks every service's address: free, taken by something else, or a service and whether it is healthy. */
export async function checkServices({ addresses, env }: ServiceTargets): Promise<Check[]> {
  const services = SERVICE_NAMES.map((name) => checkService(name, addresses[name]));
  return Promise.all([...services, checkClickhouse(env), ...checkNats(env)]);
}

async function checkService(service: (typeof SERVICE_NAMES)[number], address: string): Promise<Check> {
  const name = `service ${service}`;
  if (!(await accepts(address))) return ok(name, `not running; ${address} is free`);
  const connection = connect(address, { connectTimeoutMs: CONNECT_TIMEOUT_MS });
  try {
    const client = createServiceClient(HealthDefinition, connection, { deadlineMs: CONNECT_TIMEOUT_MS });
    const { status } = await client.check({ service: '' });
    if (Number(status) === SERVING) return ok(name, `running at ${address}, healthy`);
    return failed(name, `running at ${address}, not serving`, 'it is starting or stopping; read its log');
  } catch {
    const remedy = `set ${addressVariableOf(service).replace('ADDRESS', 'LISTEN')} to another port`;
    return warning(name, `${address} is taken by something that is not a Facet service`, remedy);
  } finally {
    connection.close();
  }
}

/** HealthCheckResponse.ServingStatus.SERVING. */
const SERVING = 1;

async function checkClickhouse(env: ServiceTargets['env']): Promise<Check> {
  const name = 'ClickHouse';
  const given = env.FACET_CLICKHOUSE_URL || env.CLICKHOUSE_URL;
  const url = new URL(given || DEFAULT_CLICKHOUSE_URL);
  const answer = await ping(url);
  if (answer) return ok(name, `answers at ${url.origin}`);
  if (given)
    return failed(name, `nothing answers at ${url.origin}`, 'start it, or unset FACET_CLICKHOUSE_URL');
  if (!(await accepts(url.host))) return ok(name, `not running; ${url.host} is free for the embedded one`);
  const remedy = 'set FACET_CLICKHOUSE_LISTEN to another port';
  return warning(name, `${url.host} is taken by something that is not ClickHouse`, remedy);
}

async function ping(url: URL): Promise<boolean> {
  try {
    const response = await fetch(new URL('/ping', url), { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return (await response.text()).trim() === 'Ok.';
  } catch {
    return false;
  }
}

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

/** Whether anything accepts a TCP connection at `host:port`. */
function accepts(address: string): Promise<boolean> {
  const target = parseHostPort(address.replace(/^dns:\/\/\//, ''));
  if (target === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection({ ...target, host: target.host.replace(/^\[|\]$/g, '') });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
