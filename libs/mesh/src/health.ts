import type { ServiceImplementation } from 'nice-grpc';
import { type HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { linkSignals } from './linked-signal.ts';
import type { ServedCallContext } from './serve-calls.ts';

/** grpc.health.v1 of one server. */
export interface Health {
  readonly implementation: ServiceImplementation<typeof HealthDefinition, ServedCallContext>;
  /** Answers SERVING for the server ('') and each of its services. */
  serving(): void;
  /** Answers NOT_SERVING and ends open Watch streams, which would otherwise keep a graceful stop from ending. */
  stopping(): void;
}

/** Creates the health service for the services named, NOT_SERVING at first. */
export function createHealth(serviceNames: readonly string[]): Health {
  const state = HealthState();
  const checks = HealthServiceImpl(state);
  const ending = new AbortController();
  const setAll = (status: 'healthy' | 'unhealthy') => {
    for (const name of ['', ...serviceNames]) state.setStatus(status, name);
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
    serving: () => setAll('healthy'),
    stopping: () => {
      setAll('unhealthy');
      ending.abort();
    },
  };
}
