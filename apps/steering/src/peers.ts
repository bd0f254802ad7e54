import { FeatureServiceDefinition, InferenceServiceDefinition, SaeServiceDefinition } from '@facet/contracts';
import {
  connect,
  createServiceClient,
  peerReady,
  type ReadinessCheck,
  type ServiceClient,
} from '@facet/mesh';
import type { SteeringConfig } from './config.ts';

/** The services that steering asks. */
export interface Peers {
  inference: ServiceClient<typeof InferenceServiceDefinition>;
  saes: ServiceClient<typeof SaeServiceDefinition>;
  features: ServiceClient<typeof FeatureServiceDefinition>;
}

/** The connections to the peers. */
export interface ConnectedPeers extends Peers {
  /** What steering needs: the model, the SAEs, and the maxima of features, whose service needs ClickHouse. */
  readonly readiness: readonly ReadinessCheck[];
  close(): void;
}

/** Prepares the connections; each is opened by its first call. */
export function connectPeers(
  config: Pick<SteeringConfig, 'inferenceAddress' | 'trainingAddress' | 'featuresAddress'>,
): ConnectedPeers {
  const inference = connect(config.inferenceAddress);
  const training = connect(config.trainingAddress);
  const features = connect(config.featuresAddress);
  return {
    inference: createServiceClient(InferenceServiceDefinition, inference),
    saes: createServiceClient(SaeServiceDefinition, training),
    features: createServiceClient(FeatureServiceDefinition, features),
    readiness: [
      peerReady('inference', inference),
      peerReady('training', training),
      peerReady('features', features),
    ],
    close() {
      for (const connection of [inference, training, features]) connection.close();
    },
  };
}
