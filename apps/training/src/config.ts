import {
  commonVariables,
  type Environment,
  eventsUrl,
  eventsVariables,
  foldersVariable,
  integerVariable,
  listenVariable,
  objectsVariables,
  optionalAddressVariable,
  readConfig,
  rolesVariable,
  type ServiceRole,
} from '@facet/mesh';
import { z } from 'zod';

/** Settings of the training service. */
export interface TrainingServiceConfig {
  /** Host to listen on. @default 127.0.0.1 */
  host: string;
  /** TCP port; 0 lets the system choose. @default 50053 */
  port: number;
  /** @default both */
  roles: readonly ServiceRole[];
  /** The object store. @default file:///var/lib/facet */
  objectsUrl: string;
  /** What killed writers left is removed after this long without a change, milliseconds. @default an hour */
  orphanAgeMs: number;
  /** Events and job queues. @default memory: */
  eventsUrl: string;
  /** A job whose worker is silent for this long goes to another worker, milliseconds. @default 30000 */
  ackWaitMs: number;
  /** Where inference is, for evaluations through the model. @default none: they measure reconstruction only */
  inferenceAddress: string | undefined;
  /** Most memory that one run may plan for, bytes. @default 4 GiB */
  memoryBytes: number;
  /** Threads of the dense product; 0: one per core. @default 0 */
  threads: number;
  /** Folders below which SAEs may be imported from. @default none: imports are refused */
  importRoots: readonly string[];
  /** Folders below which SAEs may be exported to. @default none: exports are refused */
  exportRoots: readonly string[];
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
  FACET_TRAINING_LISTEN: listenVariable('training'),
  FACET_TRAINING_ROLES: rolesVariable,
  FACET_INFERENCE_ADDRESS: optionalAddressVariable(),
  FACET_TRAINING_MEMORY_MIB: integerVariable(4096, { min: 16, max: 1_048_576 }),
  FACET_TRAINING_THREADS: integerVariable(0, { min: 0, max: 256 }),
  FACET_SAE_IMPORT_ROOTS: foldersVariable,
  FACET_SAE_EXPORT_ROOTS: foldersVariable,
});

const schema = variables.transform(
  (env): TrainingServiceConfig => ({
    host: env.FACET_TRAINING_LISTEN.host,
    port: env.FACET_TRAINING_LISTEN.port,
    roles: env.FACET_TRAINING_ROLES,
    objectsUrl: env.FACET_OBJECTS_URL,
    orphanAgeMs: env.FACET_ORPHAN_MINUTES * 60_000,
    eventsUrl: eventsUrl(env),
    ackWaitMs: env.FACET_EVENTS_ACK_WAIT_MS,
    inferenceAddress: env.FACET_INFERENCE_ADDRESS,
    memoryBytes: env.FACET_TRAINING_MEMORY_MIB * 2 ** 20,
    threads: env.FACET_TRAINING_THREADS,
    importRoots: env.FACET_SAE_IMPORT_ROOTS,
    exportRoots: env.FACET_SAE_EXPORT_ROOTS,
    environment: env.FACET_ENV,
    logLevel: env.FACET_LOG_LEVEL,
    callIdleMs: env.FACET_CALL_IDLE_SECONDS * 1000,
  }),
);

/** Reads the service's settings from environment variables; throws one `invalid` error naming every problem. */
export function readTrainingConfig(env: Environment): Readonly<TrainingServiceConfig> {
  return readConfig(schema, env);
}
