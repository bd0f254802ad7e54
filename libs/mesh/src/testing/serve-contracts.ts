import {
  ActivationSetServiceDefinition,
  FeatureServiceDefinition,
  IndexingServiceDefinition,
  InferenceServiceDefinition,
  SaeServiceDefinition,
  SteeringServiceDefinition,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { createLogger } from '../process/logger.ts';
import { type BoundService, type RunningServer, serve } from '../serving/serve.ts';
import type { ServiceDefinition } from '../serving/service-definition.ts';

/** Every service of the contracts. */
export const CONTRACTS: readonly ServiceDefinition[] = [
  ActivationSetServiceDefinition,
  FeatureServiceDefinition,
  IndexingServiceDefinition,
  InferenceServiceDefinition,
  SaeServiceDefinition,
  SteeringServiceDefinition,
  TrainingServiceDefinition,
];

/** Serves every method of every contract with `answer`, which is told what came. */
export function serveContracts(
  answer: (method: string, request: unknown) => unknown,
): Promise<RunningServer> {
  const services = CONTRACTS.map((definition): BoundService => {
    const methods = Object.entries(definition.methods).map(([key, { name, responseStream }]) => [
      key,
      responseStream
        ? async function* (request: unknown) {
            yield answer(name, request);
          }
        : async (request: unknown) => answer(name, request),
    ]);
    return { definition, implementation: Object.fromEntries(methods) };
  });
  const logger = createLogger({ service: 'contracts', level: 'silent' });
  return serve({ name: 'contracts', host: '127.0.0.1', port: 0, services, logger });
}
