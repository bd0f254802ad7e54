import { SteeringServiceDefinition } from '@facet/contracts';
import { bindService, createLogger, type Logger, serve } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import type { SteeringConfig } from './config.ts';
import { connectPeers } from './peers.ts';
import { createProfileStore } from './profiles/profile-store.ts';
import { createProfiles } from './profiles/profiles.ts';
import { createSteeringHandlers } from './steering-handlers.ts';

export interface SteeringDependencies {
  logger?: Logger;
  now?: () => Date;
}

/** The service while it runs. */
export interface RunningSteering {
  /** `host:port` as bound. */
  readonly address: string;
  readonly port: number;
  /** Drains calls for at most `graceMs`, then cancels them. */
  stop(graceMs?: number): Promise<void>;
}

/** Serves facet.steering.v1. */
export async function startSteering(
  config: SteeringConfig,
  dependencies: SteeringDependencies = {},
): Promise<RunningSteering> {
  const logger = dependencies.logger ?? createLogger({ service: 'steering', level: config.logLevel });
  const now = dependencies.now ?? (() => new Date());
  const profiles = createProfiles({ store: createProfileStore(openObjectStore(config.objectsUrl)), now });
  const { host, port, environment } = config;
  const peers = connectPeers(config);
  const services = [
    bindService(SteeringServiceDefinition, createSteeringHandlers({ peers, profiles, logger })),
  ];
  const reflection = environment === 'development';
  const limits = { idleMs: config.callIdleMs };
  try {
    const { readiness } = peers;
    const listen = { name: 'steering', host, port, services };
    const server = await serve({ ...listen, reflection, logger, limits, readiness });
    return {
      address: server.address,
      port: server.port,
      async stop(graceMs) {
        await server.stop(graceMs);
        peers.close();
      },
    };
  } catch (error) {
    peers.close();
    throw error;
  }
}
