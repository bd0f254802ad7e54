import { FacetError } from '@facet/errors';
import { HealthDefinition } from 'nice-grpc-server-health';
import type { Connection } from '../connecting/connect.ts';
import { createServiceClient } from '../connecting/service-client.ts';
import type { ReadinessCheck } from './readiness.ts';

/** HealthCheckResponse.ServingStatus.SERVING. */
const SERVING = 1;

/** A check that another service answers and says that it is serving. */
export function peerReady(name: string, connection: Connection): ReadinessCheck {
  const health = createServiceClient(HealthDefinition, connection);
  return {
    name,
    async check(signal) {
      const { status } = await health.check({ service: '' }, { signal });
      if (Number(status) === SERVING) return;
      throw new FacetError('unavailable', `${name} at ${connection.address} is not ready`);
    },
  };
}
