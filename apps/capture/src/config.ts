import {
  addressVariable,
  commonVariables,
  type Environment,
  eventsUrl,
  eventsVariables,
  foldersVariable,
  integerVariable,
  listenVariable,
  objectsVariables,
  readConfig,
  rolesVariable,
  type ServiceRole,
} from '@facet/mesh';
import { z } from 'zod';

/** Settings of the capture service. */
export interface CaptureConfig {
  /** Host to listen on. @default 127.0.0.1 */
  host: string;
  /** TCP port; 0 lets the system choose. @default 50052 */
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
  /** A job goes to another worker after this long without a sign of life, milliseconds. @default 30000 */
  ackWaitMs: number;
  /** Folders (or single files) outside of which no corpus is read. @default none: no file of this machine is read */
  corpusRoots: readonly string[];
  /** Jobs that run at once in this process. @default 2 */
  concurrency: number;
  /** Tokens of one request to inference. @default 16384 */
  requestTokens: number;
  /** Name of this worker in commit records. @default host name and process id */
  workerId: string;
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
  FACET_CAPTURE_LISTEN: listenVariable('capture'),
  FACET_CAPTURE_ROLES: rolesVariable,
  FACET_INFERENCE_ADDRESS: addressVariable('inference'),
  FACET_CORPUS_ROOT: foldersVariable,
  FACET_CAPTURE_CONCURRENCY: integerVariable(2, { min: 1, max: 64 }),
  FACET_CAPTURE_REQUEST_TOKENS: integerVariable(16_384, { min: 16, max: 262_144 }),
  FACET_CAPTURE_WORKER_ID: z.string().max(200, 'must have at most 200 characters').optional(),
});

const schema = variables.transform(
  (env): Omit<CaptureConfig, 'workerId'> & { workerId: string | undefined } => ({
    host: env.FACET_CAPTURE_LISTEN.host,
    port: env.FACET_CAPTURE_LISTEN.port,
    roles: env.FACET_CAPTURE_ROLES,
    inferenceAddress: env.FACET_INFERENCE_ADDRESS,
    objectsUrl: env.FACET_OBJECTS_URL,
    orphanAgeMs: env.FACET_ORPHAN_MINUTES * 60_000,
    eventsUrl: eventsUrl(env),
    ackWaitMs: env.FACET_EVENTS_ACK_WAIT_MS,
    corpusRoots: env.FACET_CORPUS_ROOT,
    concurrency: env.FACET_CAPTURE_CONCURRENCY,
    requestTokens: env.FACET_CAPTURE_REQUEST_TOKENS,
    workerId: env.FACET_CAPTURE_WORKER_ID,
    environment: env.FACET_ENV,
    logLevel: env.FACET_LOG_LEVEL,
    callIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
  }),
);

/** Reads the service's settings from environment variables; throws one `invalid` error naming every problem. */
export function readCaptureConfig(env: Environment): Readonly<CaptureConfig> {
  const config = readConfig(schema, env);
  return Object.freeze({ ...config, workerId: config.workerId ?? defaultWorkerId(env) });
}

function defaultWorkerId(env: Environment): string {
  return `${env.HOSTNAME ?? 'capture'}-${process.pid}`;
}
