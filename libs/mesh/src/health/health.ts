import type { ServiceImplementation } from 'nice-grpc';
import { type HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { linkSignals } from '../linked-signal.ts';
import type { Logger } from '../process/logger.ts';
import type { ServedCallContext } from '../serving/serve-calls.ts';
import { type Readiness, type ReadinessCheck, watchReadiness } from './readiness.ts';

/** grpc.health.v1 of one server. */
export interface Health {
  readonly implementation: ServiceImplementation<typeof HealthDefinition, ServedCallContext>;
  /**
   * Answers SERVING for the server ('') and each of its services, as far as what they need is there; resolves when that
   * is known.
   */
  serving(): Promise<void>;
  /** Answers NOT_SERVING and ends open Watch streams, which would otherwise keep a graceful stop from ending. */
  stopping(): void;
}

export interface HealthOptions {
  serviceNames: readonly string[];
  /** What the services need besides themselves. @default nothing */
  readiness?: readonly ReadinessCheck[];
  logger: Logger;
}

/** Creates the health service for the services named, NOT_SERVING at first. */
export function createHealth({ serviceNames, readiness: needs = [], logger }: HealthOptions): Health {
  const state = HealthState();
  const checks = HealthServiceImpl(state);
  const ending = new AbortController();
  const setAll = (status: 'healthy' | 'unhealthy') => {
    for (const name of ['', ...serviceNames]) state.setStatus(status, name);
  };
  let readiness: Readiness | undefined;
  const setReady = () => {
    const statusOf = (name?: string) => (readiness?.missing(name).length === 0 ? 'healthy' : 'unhealthy');
    state.setStatus(statusOf(), '');
    for (const name of serviceNames) state.setStatus(statusOf(name), name);
  };
  setAll('unhealthy');
  return {
    implementation: {
      check: (request, context) => checks.check(request, context),
      async *watch(request, context) {
        const linked = linkSignals([context.signal, ending.signal]);
        try {
          for await (const status of checks.watch(request, { ...context, signal: linked.signal }))
            yield status;
        } catch (error) {
          if (!ending.signal.aborted) throw error;
        } finally {
          linked.dispose();
        }
      },
    },
    serving: () => {
      readiness = watchReadiness({ checks: needs, logger, onChange: setReady });
      setReady();
      return readiness.known;
    },
    stopping: () => {
      readiness?.stop();
      setAll('unhealthy');
      ending.abort();
    },
  };
}
