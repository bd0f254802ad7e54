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
  const connections = [config.inferenceAddress, config.trainingAddress, config.featuresAddress].map(
    (address) => connect(address),
  );
  const [inference, training, features] = connections as [
    (typeof connections)[0],
    (typeof connections)[0],
    (typeof connections)[0],
  ];
  return {
    inference: createServiceClient(InferenceServiceDefinition, inference),
    saes: createServiceClient(SaeServiceDefinition, training),
    features: createServiceClient(FeatureServiceDefinition, features),
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
