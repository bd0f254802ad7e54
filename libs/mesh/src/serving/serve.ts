import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { createServer, type Server, type ServiceImplementation } from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { HealthDefinition } from 'nice-grpc-server-health';
import { createHealth } from '../health/health.ts';
import type { ReadinessCheck } from '../health/readiness.ts';
import { type MessageLimits, transportOptions } from '../limits.ts';
import type { Logger } from '../process/logger.ts';
import { servedDefinition } from '../requests/served-definition.ts';
import { watchCalls } from './call-transport.ts';
import { guardUnknownMethods } from './guard-statuses.ts';
import { addReflection } from './reflection.ts';
import { type ServedCallContext, serveCalls } from './serve-calls.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** A service and the handlers that answer it; made by `bindService`. */
export interface BoundService {
  readonly definition: ServiceDefinition;
  // biome-ignore lint/suspicious/noExplicitAny: the type of a list of different services; bindService checks each
  readonly implementation: any;
}

/** Pairs a service definition with its handlers, checked against it. */
export function bindService<S extends ServiceDefinition>(
  definition: S,
  implementation: ServiceImplementation<S, ServedCallContext>,
): BoundService {
  return { definition, implementation };
}

export interface ServeOptions {
  /** Name of the service, such as `inference`: in logs and in ErrorInfo.domain. */
  name: string;
  host: string;
  /** TCP port; 0 lets the system choose a free one. */
  port: number;
  services: readonly BoundService[];
  logger: Logger;
  /** What the services need to answer: health says NOT_SERVING while one of these fails. @default nothing */
  readiness?: readonly ReadinessCheck[];
  /** Whether to answer grpc.reflection.v1 (grpcurl, Postman); for development. @default false */
  reflection?: boolean;
  limits?: MessageLimits & {
    /** Time allowed to a unary call, milliseconds. @default 300000; callers set shorter deadlines */
    unaryDeadlineMs?: number;
    /** Calls that one connection may have open at a time. @default 256 */
    maxConcurrentCalls?: number;
    /**
     * Most that a caller may be behind in reading a stream, or time that its request may be unfinished, milliseconds;
     * then the call is ended. @default 60000
     */
    idleMs?: number;
  };
}

export interface RunningServer {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /**
   * Drains and stops: health says NOT_SERVING, new calls are refused, open calls get `graceMs` to finish and are then
   * cancelled. Resolves when the port is free. @default 10000
   */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_UNARY_DEADLINE_MS = 300_000;
const DEFAULT_MAX_CONCURRENT_CALLS = 256;
const DEFAULT_IDLE_MS = 60_000;
const DEFAULT_GRACE_MS = 10_000;
/** A start waits this long to know whether it is ready; what does not answer by then is found missing later. */
const READINESS_WAIT_MS = 1_000;
/** Time for connections to close after they were destroyed. */
const FORCED_STOP_MS = 1_000;
/** Connections are renewed at this age so that clients behind a headless Service find new pods. */
const MAX_CONNECTION_AGE_MS = 10 * 60_000;
const MAX_CONNECTION_AGE_GRACE_MS = 10 * 60_000;

// grpc-js prints failures that are thrown here as well, outside of the structured log.
setLogVerbosity(logVerbosity.NONE);
guardUnknownMethods();

/** Serves gRPC with health, request ids, deadlines, typed errors and an access log; any number per process. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { name, host, port, services, logger, readiness } = options;
  const serviceNames = services.map(({ definition }) => definition.fullName);
  const health = createHealth({ serviceNames, logger, ...(readiness && { readiness }) });
  const server = createConfiguredServer(options);
  server.add(servedDefinition(HealthDefinition), health.implementation);
  for (const { definition, implementation } of services)
    server.add(servedDefinition(definition), implementation);
  if (options.reflection) addReflection(server, serviceNames);

  const boundPort = await listen(server, name, `${host}:${port}`);
  const address = `${host}:${boundPort}`;
  await Promise.race([health.serving(), sleep(READINESS_WAIT_MS)]);
  logger.info({ address, services: serviceNames }, 'serving');

  let stopped: Promise<void> | undefined;
  const stop = async (graceMs: number) => {
    health.stopping();
    await drain(server, graceMs, logger);
    logger.info({ address }, 'stopped');
  };
  return {
    address,
    port: boundPort,
    stop: (graceMs = DEFAULT_GRACE_MS) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

function createConfiguredServer({ name, logger, limits = {} }: ServeOptions): Server<ServedCallContext> {
  return createServer({
    ...transportOptions(limits),
    interceptors: [watchCalls({ name, logger, idleMs: limits.idleMs ?? DEFAULT_IDLE_MS })],
    'grpc.max_concurrent_streams': limits.maxConcurrentCalls ?? DEFAULT_MAX_CONCURRENT_CALLS,
    'grpc.max_connection_age_ms': MAX_CONNECTION_AGE_MS,
    'grpc.max_connection_age_grace_ms': MAX_CONNECTION_AGE_GRACE_MS,
  })
    .use(errorDetailsServerMiddleware)
    .use(serveCalls({ name, logger, unaryDeadlineMs: limits.unaryDeadlineMs ?? DEFAULT_UNARY_DEADLINE_MS }));
}

async function listen(server: Server<ServedCallContext>, name: string, address: string): Promise<number> {
  try {
    return await server.listen(address);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new FacetError('unavailable', `${name} cannot listen on ${address}: ${text}`, {
      cause: error,
      reason: 'ADDRESS_IN_USE',
      metadata: { address },
    });
  }
}

/** Waits for open calls; those still open after `graceMs` are cancelled. */
async function drain(server: Server<ServedCallContext>, graceMs: number, logger: Logger): Promise<void> {
  const timer = new AbortController();
  const finished = server.shutdown().then(() => true);
  const expired = sleep(graceMs, false, { signal: timer.signal }).catch(() => false);
  if (await Promise.race([finished, expired])) return timer.abort();
  logger.warn({ graceMs }, 'open calls did not finish in time; they are cancelled');
  server.forceShutdown();
  await Promise.race([finished, sleep(FORCED_STOP_MS)]);
}
