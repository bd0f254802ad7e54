import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill as signalProcess } from 'node:process';
import { pathToFileURL } from 'node:url';
import { type ProcessCommand, type RunningProcess, startProcess } from './child-process.ts';
import { type Peer, startClickhouse, startNats } from './peers.ts';
import { REPOSITORY, SHARED } from './repository.ts';

/** Where the tests have their corpora: those of the data for tests, and what they write themselves. */
const CORPUS_ROOTS = [join(SHARED, 'data'), tmpdir()].join(',');

export type Service = 'inference' | 'capture' | 'training' | 'features' | 'steering';

/** Facet as it runs in production: every service an operating-system process of its own, NATS, ClickHouse over HTTP. */
export interface System {
  /** `host:port` of every service. */
  readonly addresses: Readonly<Record<Service, string>>;
  readonly nats: Peer;
  readonly clickhouse: Peer;
  readonly objectsUrl: string;
  /** The process of every service that was started at first. */
  readonly services: Readonly<Record<Service, Restartable>>;
  /** Starts one more process of a service and resolves when it serves. */
  startService(service: Service, options?: ServiceStart): Promise<RunningProcess<string>>;
  stop(): Promise<void>;
}

/** A process that can be ended and started again at its address. */
export interface Restartable {
  /** Ends it: SIGKILL is a crash, SIGTERM a rolling restart. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Stops it in the middle of whatever it does, so that calls to it hang; gives how to let it go on. */
  freeze(): () => void;
  start(): Promise<void>;
}

export interface ServiceStart {
  /** Added to the environment that all services have. */
  env?: Readonly<Record<string, string>>;
  /** @default 0: a free one */
  port?: number;
  /** A command that takes the service's command as its arguments and becomes it, for example to limit it. */
  wrapper?: readonly string[];
}

export interface SystemOptions {
  /** Directories of models. */
  models: readonly string[];
  /** Added to the environment of every service. */
  env?: Readonly<Record<string, string>>;
  /** Added to the environment of one service, as it is started at first. */
  serviceEnv?: Readonly<Partial<Record<Service, Readonly<Record<string, string>>>>>;
}

/** Starts nats-server, chDB and the five services on free ports of loopback, in the order in which they need each other. */
export async function startSystem({ models, env = {}, serviceEnv = {} }: SystemOptions): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-e2e-'));
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of started.toReversed()) await end();
    await rm(folder, { recursive: true, force: true });
  };
  const keep = async (starting: Promise<Peer>) => {
    const peer = await starting;
    started.push(peer.stop);
    return peer;
  };
  const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
  const common: Record<string, string> = {
    FACET_OBJECTS_URL: objectsUrl,
    FACET_CORPUS_ROOT: CORPUS_ROOTS,
    ...env,
  };
  const startService: System['startService'] = async (service, { env: extra = {}, ...how } = {}) => {
    const process = await startProcess({
      ...serviceCommand(service, { ...common, ...extra }, how),
      readyWhen: addressServed,
    });
    started.push(() => process.end());
    return process;
  };
  const startRestartable = async (service: Service) => {
    const options = { env: serviceEnv[service] ?? {} };
    let process = await startService(service, options);
    const address = process.ready;
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    const end: Restartable['end'] = async (signal) => void (await process.end(signal));
    const start = async () => {
      process = await startService(service, { ...options, port });
    };
    const freeze = () => {
      const { pid } = process;
      signalProcess(pid, 'SIGSTOP');
      return () => signalProcess(pid, 'SIGCONT');
    };
    return { address, end, start, freeze };
  };
  try {
    const nats = await keep(startNats(join(folder, 'nats')));
    const clickhouse = await keep(startClickhouse(join(folder, 'clickhouse')));
    common.FACET_EVENTS_URL = nats.url;
    common.FACET_CLICKHOUSE_URL = clickhouse.url;
    common.FACET_MODELS = models.join(',');
    const addresses: Partial<Record<Service, string>> = {};
    const services: Partial<Record<Service, Restartable>> = {};
    for (const service of ['inference', 'capture', 'training', 'features', 'steering'] as const) {
      const { address, ...restartable } = await startRestartable(service);
      addresses[service] = address;
      services[service] = restartable;
      common[`FACET_${service.toUpperCase()}_ADDRESS`] = address;
    }
    return {
      addresses: addresses as Record<Service, string>,
      services: services as Record<Service, Restartable>,
      nats,
      clickhouse,
      objectsUrl,
      startService,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The command of a service that listens on loopback. */
export function serviceCommand(
  service: Service,
  env: Readonly<Record<string, string>>,
  { wrapper = [], port = 0 }: Omit<ServiceStart, 'env'> = {},
): ProcessCommand {
  const [command, ...args] = [...wrapper, process.execPath, join(REPOSITORY, `apps/${service}/dist/main.js`)];
  return {
    command: command!,
    args,
    env: { ...env, [`FACET_${service.toUpperCase()}_LISTEN`]: `127.0.0.1:${port}` },
  };
}

/** The address in the line that a service logs when it serves. */
export function addressServed(line: string): string | undefined {
  return line.includes('"msg":"serving"') ? (JSON.parse(line).address as string) : undefined;
}
