import { FacetError } from '@facet/errors';
import type { EventBus } from './event-bus.ts';
import { createMemoryBroker, createMemoryEventBus } from './memory-event-bus.ts';
import { openNatsEventBus } from './nats-event-bus.ts';

export interface EventBusOptions {
  /** `memory:` for this bus alone, or `nats://host:port` (several separated by commas, `tls://` for TLS). */
  url: string;
  /** A delivered job goes to another worker after this long without a heartbeat, milliseconds. @default 30000 */
  ackWaitMs?: number;
  /** How long to try to reach the server, when opening and for each call, milliseconds. @default 15000 */
  connectTimeoutMs?: number;
  /** How long `close` lets running jobs finish, milliseconds. @default 10000 */
  drainMs?: number;
  /** Copies of streams that do not exist yet: 3 in production. @default 1 */
  replicas?: number;
  /** Stops the opening while the server does not answer; without effect afterwards. */
  signal?: AbortSignal | undefined;
}

const DEFAULTS = { ackWaitMs: 30_000, connectTimeoutMs: 15_000, drainMs: 10_000, replicas: 1 };

/** Opens events and work queues at a URL; every caller that passes `memory:` gets a bus of its own: share the bus. */
export async function openEventBus(options: EventBusOptions): Promise<EventBus> {
  const settings = { ...DEFAULTS, ...options };
  const { url } = settings;
  if (url === 'memory:') return createMemoryEventBus(createMemoryBroker(), settings);
  if (/^(nats|tls):\/\//.test(url)) return openNatsEventBus(settings);
  throw new FacetError(
    'invalid',
    `${JSON.stringify(url)} is not an events URL; write memory: or nats://host:port`,
    {
      reason: 'EVENTS_URL_INVALID',
    },
  );
}
