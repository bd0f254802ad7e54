import { InferenceServiceDefinition } from '@facet/contracts';
import { connect, createLogger, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type InferenceConfig, readInferenceConfig } from '../config.ts';
import { type ModelRuntime, type OpenModelRuntime, openModelRuntime } from '../model-runtime.ts';
import { type RunningInference, startInference } from '../service.ts';

/** The service over a real socket, its client, and how much work the model did. */
export interface InferenceSetup {
  service: RunningInference;
  client: ServiceClient<typeof InferenceServiceDefinition>;
  /** Calls of the model runtime so far. */
  work: { forwards: number; steps: number };
  close(): Promise<void>;
}

/** Serves the models of `models` (as in FACET_MODELS) on a free port. */
export async function serveInference(
  models: string,
  overrides: Partial<InferenceConfig> = {},
): Promise<InferenceSetup> {
  const work = { forwards: 0, steps: 0 };
  const config = { ...readInferenceConfig({ FACET_MODELS: models }), port: 0, ...overrides };
  const service = await startInference(config, {
    openModelRuntime: counting(work),
    logger: createLogger({ service: 'inference', level: 'silent' }),
  });
  const connection = connect(service.address);
  const client = createServiceClient(InferenceServiceDefinition, connection);
  const close = async () => {
    connection.close();
    await service.stop(0);
  };
  return { service, client, work, close };
}

/** The real runtime; its forward passes and generation steps are counted. */
function counting(work: InferenceSetup['work']): OpenModelRuntime {
  return async (directory, options) => {
    const runtime = await openModelRuntime(directory, options);
    return { ...runtime, ...countedMethods(runtime, work) };
  };
}

function countedMethods(
  runtime: ModelRuntime,
  work: InferenceSetup['work'],
): Pick<ModelRuntime, 'forward' | 'openGeneration'> {
  return {
    forward(request) {
      work.forwards++;
      return runtime.forward(request);
    },
    async openGeneration(request) {
      const generation = await runtime.openGeneration(request);
      const step: typeof generation.step = (stepRequest) => {
        work.steps++;
        return generation.step(stepRequest);
      };
      return { ...generation, step };
    },
  };
}
