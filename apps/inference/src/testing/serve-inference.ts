import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceServiceDefinition } from '@facet/contracts';
import { connect, createLogger, createServiceClient, type ServiceClient } from '@facet/mesh';
import {
  type MemoryAccount,
  type ModelRuntime,
  type OpenModelRuntime,
  openModelRuntime,
} from '@facet/model-runtime';
import { type InferenceConfig, readInferenceConfig } from '../config.ts';
import { type RunningInference, startInference } from '../service.ts';

/** The service over a real socket, its client, and how much work the model did. */
export interface InferenceSetup {
  service: RunningInference;
  client: ServiceClient<typeof InferenceServiceDefinition>;
  /** Calls of the model runtime so far. */
  work: ModelWork;
  /** What the service logged. */
  logged: Record<string, unknown>[];
  close(): Promise<void>;
}

export interface ModelWork {
  forwards: number;
  steps: number;
  /** The memory of the model that was opened last. */
  memory?: MemoryAccount;
  /** Awaited before each generation step. */
  beforeStep?: () => Promise<void>;
}

/** Keeps what a service remembers out of the home of whoever runs the tests. */
const APART = {
  FACET_INFERENCE_CHECKS_FILE: join(tmpdir(), 'facet-test-weight-checks'),
  FACET_INFERENCE_WEIGHT_COPIES: join(tmpdir(), 'facet-test-weights'),
};

/** Serves the models of `models` (as in FACET_MODELS) on a free port. */
export async function serveInference(
  models: string,
  overrides: Partial<InferenceConfig> = {},
): Promise<InferenceSetup> {
  const work: ModelWork = { forwards: 0, steps: 0 };
  const logged: InferenceSetup['logged'] = [];
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) };
  const config = { ...readInferenceConfig({ ...APART, FACET_MODELS: models }), port: 0, ...overrides };
  const service = await startInference(config, {
    openModelRuntime: counting(work),
    logger: createLogger({ service: 'inference', level: 'info', stream }),
  });
  const connection = connect(service.address);
  const client = createServiceClient(InferenceServiceDefinition, connection);
  const close = async () => {
    connection.close();
    await service.stop(0);
  };
  return { service, client, work, logged, close };
}

/** The real runtime; its forward passes and generation steps are counted. */
function counting(work: ModelWork): OpenModelRuntime {
  return async (directory, options) => {
    const runtime = await openModelRuntime(directory, options);
    Object.assign(work, { memory: options?.memory });
    return { ...runtime, ...countedMethods(runtime, work) };
  };
}

function countedMethods(
  runtime: ModelRuntime,
  work: ModelWork,
): Pick<ModelRuntime, 'forward' | 'openGeneration'> {
  return {
    forward(request) {
      work.forwards++;
      return runtime.forward(request);
    },
    async openGeneration(request) {
      const generation = await runtime.openGeneration(request);
      const step: typeof generation.step = async (stepRequest) => {
        work.steps++;
        await work.beforeStep?.();
        return generation.step(stepRequest);
      };
      return { ...generation, step };
    },
  };
}
