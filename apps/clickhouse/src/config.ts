import { availableParallelism } from 'node:os';
import { commonVariables, type Environment, integerVariable, parseHostPort, readConfig } from '@facet/mesh';
import { z } from 'zod';
import { DEFAULT_THREADS, RESERVED_THREADS } from './limits.ts';

/** Configuration of the embedded ClickHouse. */
export interface ClickhouseConfig {
  host: string;
  /** @default 8123; 0 lets the system choose */
  port: number;
  /** Directory of the data; locked by one process. @default .facet/clickhouse */
  dataDirectory: string;
  /** Password of the user `default`. @default a random one for every start, in `connection.json` of the data directory */
  password: string | undefined;
  /** Names by which it is reached besides those of loopback and its own address. @default none */
  hosts: readonly string[];
  /** Queries that run at the same time. @default threads of libuv's pool − 2, at most the number of CPUs + 2 */
  maxRunning: number;
  /** Queries that wait for their turn. @default 256 */
  maxWaiting: number;
  /** Most bytes of rows in one INSERT, uncompressed. @default 4 GiB */
  maxInsertBytes: number;
  /** How long stopping waits for running queries before it kills them. @default 10 s */
  drainMs: number;
  /** Longest time that a reader may take nothing of its result. @default 60 s */
  readerIdleMs: number;
  logLevel: string;
}

const listen = z
  .string()
  .default('127.0.0.1:8123')
  .transform((text, context) => {
    const parsed = parseHostPort(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8123' });
    return z.NEVER;
  });

/** Names of hosts without ports, separated by commas. */
const hosts = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .pipe(z.array(z.string().regex(/^[^\s:/]+$/, 'must be names of hosts without ports, separated by commas')))
  .transform((names) => names.map((name) => name.toLowerCase()));

/** Reads the configuration from environment variables; throws one `invalid` error that lists all problems. */
export function readClickhouseConfig(env: Environment): Readonly<ClickhouseConfig> {
  const threads = threadsOf(env);
  const schema = z
    .object({
      FACET_LOG_LEVEL: commonVariables.FACET_LOG_LEVEL,
      FACET_CALL_IDLE_SECONDS: commonVariables.FACET_CALL_IDLE_SECONDS,
      FACET_CLICKHOUSE_LISTEN: listen,
      FACET_CLICKHOUSE_DATA_DIR: z.string().default('.facet/clickhouse'),
      FACET_CLICKHOUSE_PASSWORD: z.string().optional(),
      FACET_CLICKHOUSE_HOSTS: hosts,
      FACET_CLICKHOUSE_MAX_RUNNING: integerVariable(defaultMaxRunning(threads), {
        min: 1,
        max: threads - RESERVED_THREADS,
      }),
      FACET_CLICKHOUSE_MAX_WAITING: integerVariable(256, { min: 0, max: 65_536 }),
      FACET_CLICKHOUSE_MAX_INSERT_MIB: integerVariable(4096, { min: 1, max: 1_048_576 }),
      FACET_CLICKHOUSE_DRAIN_MS: integerVariable(10_000, { min: 0, max: 600_000 }),
    })
    .transform(toConfig);
  return readConfig(schema, env);
}

/** Number of threads of libuv's pool; every running query keeps one of them. */
function threadsOf(env: Environment): number {
  return Math.max(Number(env.UV_THREADPOOL_SIZE) || DEFAULT_THREADS, RESERVED_THREADS + 1);
}

function defaultMaxRunning(threads: number): number {
  return Math.min(threads - RESERVED_THREADS, availableParallelism() + 2);
}

function toConfig(env: {
  FACET_LOG_LEVEL: string;
  FACET_CALL_IDLE_SECONDS: number;
  FACET_CLICKHOUSE_LISTEN: { host: string; port: number };
  FACET_CLICKHOUSE_DATA_DIR: string;
  FACET_CLICKHOUSE_PASSWORD?: string | undefined;
  FACET_CLICKHOUSE_HOSTS: string[];
  FACET_CLICKHOUSE_MAX_RUNNING: number;
  FACET_CLICKHOUSE_MAX_WAITING: number;
  FACET_CLICKHOUSE_MAX_INSERT_MIB: number;
  FACET_CLICKHOUSE_DRAIN_MS: number;
}): ClickhouseConfig {
  return {
    ...env.FACET_CLICKHOUSE_LISTEN,
    dataDirectory: env.FACET_CLICKHOUSE_DATA_DIR,
    password: env.FACET_CLICKHOUSE_PASSWORD,
    hosts: env.FACET_CLICKHOUSE_HOSTS,
    maxRunning: env.FACET_CLICKHOUSE_MAX_RUNNING,
    maxWaiting: env.FACET_CLICKHOUSE_MAX_WAITING,
    maxInsertBytes: env.FACET_CLICKHOUSE_MAX_INSERT_MIB * 1024 * 1024,
    drainMs: env.FACET_CLICKHOUSE_DRAIN_MS,
    readerIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
    logLevel: env.FACET_LOG_LEVEL,
  };
}
