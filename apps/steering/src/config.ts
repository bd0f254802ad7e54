import {
  addressVariable,
  commonVariables,
  type Environment,
  listenVariable,
  objectsVariables,
  readConfig,
} from '@facet/mesh';
import { z } from 'zod';

/** Settings of the steering service. */
export interface SteeringConfig {
  /** Host to listen on. @default 127.0.0.1 */
  host: string;
  /** TCP port; 0 lets the system choose. @default 50055 */
  port: number;
  /** Where inference is, `host:port` or `dns:///host:port`. @default 127.0.0.1:50051 */
  inferenceAddress: string;
  /** Where training is, which holds the SAEs. @default 127.0.0.1:50053 */
  trainingAddress: string;
  /** Where features is, which knows the maxima. @default 127.0.0.1:50054 */
  featuresAddress: string;
  /** The object store, for profiles. @default file:///var/lib/facet */
  objectsUrl: string;
  /** `development` switches gRPC reflection on. @default development */
  environment: 'development' | 'production';
  /** Least severe level that is logged. @default info */
  logLevel: string;
  /** Most that a caller may be behind in reading, or time that its request may be unfinished. @default 60000 ms */
  callIdleMs: number;
}

const schema = z
  .object({
    ...commonVariables,
    ...objectsVariables,
    FACET_STEERING_LISTEN: listenVariable('steering'),
    FACET_INFERENCE_ADDRESS: addressVariable('inference'),
    FACET_TRAINING_ADDRESS: addressVariable('training'),
    FACET_FEATURES_ADDRESS: addressVariable('features'),
  })
  .transform(
    (env): SteeringConfig => ({
      host: env.FACET_STEERING_LISTEN.host,
      port: env.FACET_STEERING_LISTEN.port,
      inferenceAddress: env.FACET_INFERENCE_ADDRESS,
      trainingAddress: env.FACET_TRAINING_ADDRESS,
      featuresAddress: env.FACET_FEATURES_ADDRESS,
      objectsUrl: env.FACET_OBJECTS_URL,
      environment: env.FACET_ENV,
      logLevel: env.FACET_LOG_LEVEL,
      callIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
    }),
  );

/** Reads the service's settings from environment variables; throws one `invalid` error naming every problem. */
export function readSteeringConfig(env: Environment): Readonly<SteeringConfig> {
  return readConfig(schema, env);
}
