import { join } from 'node:path';
import {
  CLICKHOUSE_USER,
  type ClickhouseEvent,
  connectionFileOf,
  superviseClickhouse,
} from '@facet/clickhouse';
import type { Invocation } from '@facet/console';
import { createLogger } from '@facet/mesh';
import type { StackOptions } from './environment.ts';
import type { Teardown } from './teardown.ts';

/** The ClickHouse of a stack. */
export interface StackClickhouse {
  /** Without credentials. */
  url: string;
  /** File with the credentials, mode 600; undefined for a server that the environment names. */
  connectionFile: string | undefined;
  /** What the services read to reach it. */
  env: Readonly<Record<string, string>>;
}

export interface ClickhouseStart {
  options: StackOptions;
  teardown: Teardown;
  signal: AbortSignal;
  progress: Invocation['progress'];
}

/**
 * Starts the embedded ClickHouse, which is started again when it ends, unless the environment names a server. Its password
 * is FACET_CLICKHOUSE_PASSWORD, or a random one; it is handed on in the environment only.
 */
export async function startClickhouse(
  env: Readonly<Record<string, string>>,
  { options, teardown, signal, progress }: ClickhouseStart,
): Promise<StackClickhouse> {
  const given = env.FACET_CLICKHOUSE_URL ?? env.CLICKHOUSE_URL;
  if (given !== undefined)
    return { url: given, connectionFile: undefined, env: { FACET_CLICKHOUSE_URL: given } };
  const listen = options.ports === 'any' ? '127.0.0.1:0' : env.FACET_CLICKHOUSE_LISTEN;
  const dataDirectory = join(options.dataDirectory, 'clickhouse');
  const clickhouse = await superviseClickhouse({
    dataDirectory,
    ...(listen === undefined ? {} : { listen }),
    ...(env.FACET_CLICKHOUSE_PASSWORD === undefined ? {} : { password: env.FACET_CLICKHOUSE_PASSWORD }),
    signal,
    onEvent: reportTo(env.FACET_LOG_LEVEL ?? options.logLevel, progress),
  });
  teardown.add(() => clickhouse.stop());
  const { url, password } = clickhouse;
  return {
    url,
    connectionFile: connectionFileOf(dataDirectory),
    env: {
      FACET_CLICKHOUSE_URL: url,
      FACET_CLICKHOUSE_USER: CLICKHOUSE_USER,
      FACET_CLICKHOUSE_PASSWORD: password,
    },
  };
}

/** Events go to the log, and where nothing is logged, to the person who watches. */
function reportTo(logLevel: string, progress: Invocation['progress']): (event: ClickhouseEvent) => void {
  if (logLevel === 'silent') return ({ text }) => progress.note(text);
  const logger = createLogger({ service: 'clickhouse', level: logLevel });
  return ({ kind, text }) => {
    if (kind === 'restarted') logger.info(text);
    else logger[kind === 'ended' ? 'warn' : 'error'](text);
  };
}
