import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type RunningProcess, startProcess } from './child-process.ts';

/** Root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
/** Data for tests, beside the repository; not part of it. */
export const SHARED = join(REPOSITORY, '../shared');

export type Service = 'inference' | 'capture' | 'training' | 'features' | 'steering';

/** Facet as it runs in production: every service an operating-system process of its own, NATS, ClickHouse over HTTP. */
export interface System {
  /** `host:port` of every service. */
  readonly addresses: Readonly<Record<Service, string>>;
  readonly clickhouseUrl: string;
  readonly objectsUrl: string;
  /** Starts one more process of a service and resolves when it serves. */
  startService(service: Service, env?: Readonly<Record<string, string>>): Promise<RunningProcess<string>>;
  stop(): Promise<void>;
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
  const processes: RunningProcess<string>[] = [];
  const common: Record<string, string> = {
    FACET_OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
    ...env,
  };
  const start = async (process: Promise<RunningProcess<string>>) => {
    processes.push(await process);
    return processes.at(-1)!;
  };
  const startService: System['startService'] = (service, extra = {}) =>
    start(startApp(service, { ...common, ...extra }));
  const stop = async () => {
    for (const process of processes.toReversed()) await process.end();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    common.FACET_EVENTS_URL = (await start(startNats(join(folder, 'nats')))).ready;
    const clickhouseUrl = (await start(startClickhouse(join(folder, 'clickhouse')))).ready;
    common.FACET_CLICKHOUSE_URL = clickhouseUrl;
    common.FACET_MODELS = models.join(',');
    const addresses: Partial<Record<Service, string>> = {};
    for (const service of ['inference', 'capture', 'training', 'features', 'steering'] as const) {
      const address = (await startService(service, serviceEnv[service])).ready;
      addresses[service] = address;
      common[`FACET_${service.toUpperCase()}_ADDRESS`] = address;
    }
    const objectsUrl = common.FACET_OBJECTS_URL!;
    return { addresses: addresses as Record<Service, string>, clickhouseUrl, objectsUrl, startService, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startApp(service: Service, env: Readonly<Record<string, string>>): Promise<RunningProcess<string>> {
  return startProcess({
    command: process.execPath,
    args: [join(REPOSITORY, `apps/${service}/dist/main.js`)],
    env: { ...env, [`FACET_${service.toUpperCase()}_LISTEN`]: '127.0.0.1:0' },
    readyWhen: (line) =>
      line.includes('"msg":"serving"') ? (JSON.parse(line).address as string) : undefined,
  });
}

function startNats(folder: string): Promise<RunningProcess<string>> {
  return startProcess({
    command: 'nats-server',
    args: ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', '-1'],
    readyWhen: (line) => {
      const address = /Listening for client connections on (\S+)/.exec(line)?.[1];
      return address && `nats://${address}`;
    },
  });
}

function startClickhouse(folder: string): Promise<RunningProcess<string>> {
  return startProcess({
    command: process.execPath,
    args: [join(REPOSITORY, 'apps/clickhouse/dist/main.js')],
    env: { FACET_CLICKHOUSE_LISTEN: '127.0.0.1:0', FACET_CLICKHOUSE_DATA_DIR: folder },
    readyWhen: (line) =>
      /"url":"(http:[^"]+)"/.exec(line)?.[1] ?? /(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1],
    timeoutMs: 60_000,
  });
}
