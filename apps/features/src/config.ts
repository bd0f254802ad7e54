import {
  addressVariable,
  clickhouseUrl,
  clickhouseVariables,
  commonVariables,
  type Environment,
  eventsUrl,
  eventsVariables,
  integerVariable,
  listenVariable,
  objectsVariables,
  readConfig,
  rolesVariable,
  type ServiceRole,
} from '@facet/mesh';
import { z } from 'zod';

/** Settings of the features service. */
export interface FeaturesConfig {
  /** Host to listen on. @default 127.0.0.1 */
  host: string;
  /** TCP port; 0 lets the system choose. @default 50054 */
  port: number;
  /** @default both */
  roles: readonly ServiceRole[];
  /** Where inference is, `host:port` or `dns:///host:port`. @default 127.0.0.1:50051 */
  inferenceAddress: string;
  /** The object store. @default file:///var/lib/facet */
  objectsUrl: string;
  /** What killed writers left is removed after this long without a change, milliseconds. @default an hour */
  orphanAgeMs: number;
  /** Events and job queues. @default memory: */
  eventsUrl: string;
  /** A job whose worker is silent for this long goes to another worker, milliseconds. @default 30000 */
  ackWaitMs: number;
  /** ClickHouse over HTTP. @default http://127.0.0.1:8123 */
  clickhouseUrl: string;
  /** @default default */
  clickhouseUser: string;
  /** @default empty */
  clickhousePassword: string;
  /** Database of the index. @default facet */
  database: string;
  /** How long a ClickHouse that does not answer is tried again, milliseconds. @default 15000 */
  clickhouseRetryMs: number;
  /** Indexing runs at one time in this process. @default 1 */
  concurrency: number;
  /** SAEs kept ready to encode. @default 4 */
  saeCache: number;
  /** `development` switches gRPC reflection on. @default development */
  environment: 'development' | 'production';
  /** Least severe level that is logged. @default info */
  logLevel: string;
  /** Most that a caller may be behind in reading, or time that its request may be unfinished. @default 60000 ms */
  callIdleMs: number;
}

const variables = z.object({
  ...commonVariables,
  ...objectsVariables,
  ...eventsVariables,
  ...clickhouseVariables,
  FACET_FEATURES_LISTEN: listenVariable('features'),
  FACET_FEATURES_ROLES: rolesVariable,
  FACET_INFERENCE_ADDRESS: addressVariable('inference'),
  FACET_CLICKHOUSE_USER: z.string().default('default'),
  FACET_CLICKHOUSE_PASSWORD: z.string().default(''),
  FACET_CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,63}$/, 'must match [a-z_][a-z0-9_]{0,63}')
    .default('facet'),
  FACET_CLICKHOUSE_RETRY_MS: integerVariable(15_000, { min: 0, max: 600_000 }),
  FACET_FEATURES_CONCURRENCY: integerVariable(1, { min: 1, max: 64 }),
  FACET_FEATURES_SAE_CACHE: integerVariable(4, { min: 1, max: 256 }),
});

const schema = variables.transform(
  (env): FeaturesConfig => ({
    host: env.FACET_FEATURES_LISTEN.host,
    port: env.FACET_FEATURES_LISTEN.port,
    roles: env.FACET_FEATURES_ROLES,
    inferenceAddress: env.FACET_INFERENCE_ADDRESS,
    objectsUrl: env.FACET_OBJECTS_URL,
    orphanAgeMs: env.FACET_ORPHAN_MINUTES * 60_000,
    eventsUrl: eventsUrl(env),
    ackWaitMs: env.FACET_EVENTS_ACK_WAIT_MS,
    clickhouseUrl: clickhouseUrl(env),
    clickhouseUser: env.FACET_CLICKHOUSE_USER,
    clickhousePassword: env.FACET_CLICKHOUSE_PASSWORD,
    database: env.FACET_CLICKHOUSE_DATABASE,
    clickhouseRetryMs: env.FACET_CLICKHOUSE_RETRY_MS,
    concurrency: env.FACET_FEATURES_CONCURRENCY,
    saeCache: env.FACET_FEATURES_SAE_CACHE,
    environment: env.FACET_ENV,
    logLevel: env.FACET_LOG_LEVEL,
    callIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
  }),
);

/** Reads the service's settings from environment variables; throws one `invalid` error naming every problem. */
export function readFeaturesConfig(env: Environment): Readonly<FeaturesConfig> {
  return readConfig(schema, env);
}
