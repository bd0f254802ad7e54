import { FeatureServiceDefinition, InferenceServiceDefinition, SaeServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient, type ServiceClient } from '@facet/mesh';
import type { SteeringConfig } from './config.ts';

/** The services that steering asks. */
export interface Peers {
  inference: ServiceClient<typeof InferenceServiceDefinition>;
  saes: ServiceClient<typeof SaeServiceDefinition>;
  features: ServiceClient<typeof FeatureServiceDefinition>;
}

/** Prepares the connections; each is opened by its first call. */
export function connectPeers(
  config: Pick<SteeringConfig, 'inferenceAddress' | 'trainingAddress' | 'featuresAddress'>,
): Peers & { close(): void } {
  const inference = connect(config.inferenceAddress);
  const training = connect(config.trainingAddress);
  const features = connect(config.featuresAddress);
  return {
    inference: createServiceClient(InferenceServiceDefinition, inference),
    saes: createServiceClient(SaeServiceDefinition, training),
    features: createServiceClient(FeatureServiceDefinition, features),
    close() {
      for (const connection of [inference, training, features]) connection.close();
    },
  };
}
