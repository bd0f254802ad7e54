import { z } from 'zod';
import { integerVariable } from './config.ts';

/** Where a service listens, or is found: a host and a TCP port (0: the system chooses one). */
export interface HostPort {
  host: string;
  port: number;
}

/** The port each service listens on unless told otherwise. */
export const DEFAULT_PORTS = {
  inference: 50051,
  capture: 50052,
  training: 50053,
  features: 50054,
  steering: 50055,
} as const;

export type ServiceName = keyof typeof DEFAULT_PORTS;

/** A listening address `host:port`, @default 127.0.0.1 and the service's own port. */
export function listenVariable(service: ServiceName) {
  return z
    .string()
    .default(`127.0.0.1:${DEFAULT_PORTS[service]}`)
    .transform((text, context): HostPort => {
      const parsed = parseHostPort(text);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:50051' });
      return z.NEVER;
    });
}

/** The address of another service: `host:port` or a gRPC target (`dns:///name:port`), @default its port on 127.0.0.1. */
export function addressVariable(service: ServiceName) {
  return addressText.default(`127.0.0.1:${DEFAULT_PORTS[service]}`);
}

/** The address of a service that can be done without. */
export function optionalAddressVariable() {
  return addressText.optional();
}

const addressText = z
  .string()
  .refine((text) => parseHostPort(text.replace(/^dns:\/\/\//, '')) !== undefined, {
    message: 'must be host:port or dns:///host:port',
  });

/** Splits `host:port`; IPv6 hosts stand in brackets. Undefined when it is not one. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65535) return undefined;
  return { host: match[1]!, port: Number(match[2]) };
}

function urlVariable(schemes: readonly string[]) {
  return z.string().refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}:`)), {
    message: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}:`).join(' or ')}`,
  });
}

/** Variables that every service reads; spread them into the app's `z.object({...})`. */
export const commonVariables = {
  /** `development` switches gRPC reflection on. @default development */
  FACET_ENV: z
    .enum(['development', 'production'], { message: 'must be development or production' })
    .default('development'),
  /** Least severe level that is logged. @default info */
  FACET_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      message: 'must be trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  /**
   * Most that a caller may be behind in reading a stream, or time that its request may be unfinished, seconds.
   * @default 60
   */
  FACET_CALL_IDLE_SECONDS: integerVariable(60, { min: 1, max: 86_400 }),
};

/** The object store. @default file:///var/lib/facet */
export const objectsVariables = {
  /** What killed writers left is removed after this long without a change, minutes. @default 60 */
  FACET_ORPHAN_MINUTES: integerVariable(60, { min: 1, max: 43_200 }),
  FACET_OBJECTS_URL: urlVariable(['file', 's3']).default('file:///var/lib/facet'),
};

/** Events and job queues: `FACET_EVENTS_URL`, else `NATS_URL`, else in this process. See `eventsUrl`. */
export const eventsVariables = {
  FACET_EVENTS_URL: urlVariable(['memory', 'nats', 'tls']).optional(),
  NATS_URL: urlVariable(['nats', 'tls']).optional(),
  /** A job whose worker is silent for this long goes to another worker, milliseconds. @default 30000 */
  FACET_EVENTS_ACK_WAIT_MS: integerVariable(30_000, { min: 1000, max: 3_600_000 }),
};

/** Absolute folders, separated by commas. @default none */
export const foldersVariable = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((folder) => folder !== ''))
  .pipe(z.array(z.string().startsWith('/', 'must be absolute folders, separated by commas')));

/** What a process of a service does: answer calls, run jobs, or both. */
export type ServiceRole = 'api' | 'worker';

/** The roles of a process, separated by commas. @default api,worker */
export const rolesVariable = z
  .string()
  .default('api,worker')
  .transform((text) => [...new Set(text.split(',').map((role) => role.trim()))])
  .pipe(z.array(z.enum(['api', 'worker'], { message: 'must be api, worker or api,worker' })));

/** The events transport that the variables ask for. @default memory: */
export function eventsUrl(variables: {
  FACET_EVENTS_URL?: string | undefined;
  NATS_URL?: string | undefined;
}): string {
  return variables.FACET_EVENTS_URL ?? variables.NATS_URL ?? 'memory:';
}

/** ClickHouse over HTTP: `FACET_CLICKHOUSE_URL`, else `CLICKHOUSE_URL`. See `clickhouseUrl`. */
export const clickhouseVariables = {
  FACET_CLICKHOUSE_URL: urlVariable(['http', 'https']).optional(),
  CLICKHOUSE_URL: urlVariable(['http', 'https']).optional(),
};

/** The ClickHouse server that the variables ask for. @default http://127.0.0.1:8123 */
export function clickhouseUrl(variables: {
  FACET_CLICKHOUSE_URL?: string | undefined;
  CLICKHOUSE_URL?: string | undefined;
}): string {
  return variables.FACET_CLICKHOUSE_URL ?? variables.CLICKHOUSE_URL ?? 'http://127.0.0.1:8123';
}
