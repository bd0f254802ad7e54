import { FacetError } from '@facet/errors';
import { Channel, ChannelCredentials, connectivityState } from '@grpc/grpc-js';
import { type MessageLimits, transportOptions } from '../limits.ts';
import type { ServiceDefinition } from '../serving/service-definition.ts';
import { retryPolicy } from './retry-policy.ts';

export interface ConnectOptions extends MessageLimits {
  /** How long a call waits for a connection before it fails with `unavailable`, milliseconds. @default 10000 */
  connectTimeoutMs?: number;
}

/** A connection to one address; opened by the first call, reopened by itself when it breaks. */
export interface Connection {
  readonly address: string;
  /** The gRPC channel for calls of `definition`, with that service's retry policy. */
  channel(definition: ServiceDefinition): Channel;
  /** Waits until the peer accepts a connection; throws `unavailable` naming the address after `connectTimeoutMs`. */
  ready(definition: ServiceDefinition, signal?: AbortSignal): Promise<void>;
  close(): void;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
/** First and longest pause between attempts to connect. */
const INITIAL_RECONNECT_BACKOFF_MS = 100;
const MAX_RECONNECT_BACKOFF_MS = 2_000;

/** Prepares a connection to `address` (`host:port` or `dns:///host:port`, calls spread over all its addresses). */
export function connect(address: string, options: ConnectOptions = {}): Connection {
  const { connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const channels = new Map<string, Channel>();
  const channel = (definition: ServiceDefinition) => {
    const known = channels.get(definition.fullName);
    if (known !== undefined) return known;
    const opened = openChannel(address, definition, options);
    channels.set(definition.fullName, opened);
    return opened;
  };
  return {
    address,
    channel,
    ready: (definition, signal) => waitUntilReady(channel(definition), { address, connectTimeoutMs, signal }),
    close: () => {
      for (const opened of channels.values()) opened.close();
      channels.clear();
    },
  };
}

function openChannel(address: string, definition: ServiceDefinition, limits: MessageLimits): Channel {
  const serviceConfig = { loadBalancingConfig: [{ round_robin: {} }], methodConfig: retryPolicy(definition) };
  return new Channel(address, ChannelCredentials.createInsecure(), {
    ...transportOptions(limits),
    'grpc.service_config': JSON.stringify(serviceConfig),
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.initial_reconnect_backoff_ms': INITIAL_RECONNECT_BACKOFF_MS,
    'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_BACKOFF_MS,
  });
}

interface WaitOptions {
  address: string;
  connectTimeoutMs: number;
  signal: AbortSignal | undefined;
}

/** Polls are short so that an aborted caller does not wait for the whole time. */
const POLL_MS = 200;

async function waitUntilReady(
  channel: Channel,
  { address, connectTimeoutMs, signal }: WaitOptions,
): Promise<void> {
  const deadlineMs = Date.now() + connectTimeoutMs;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return;
    if (signal?.aborted) throw new FacetError('cancelled', `stopped while connecting to ${address}`);
    const remainingMs = deadlineMs - Date.now();
    if (remainingMs <= 0) {
      const seconds = connectTimeoutMs / 1000;
      throw new FacetError(
        'unavailable',
        `nothing answers at ${address} (tried for ${seconds} s); is the service running?`,
        {
          reason: 'NOT_REACHABLE',
          metadata: { address },
        },
      );
    }
    await stateChange(channel, state, Math.min(remainingMs, POLL_MS));
  }
}

/** Resolves when the channel's state is another than `state`, or after `ms`. */
function stateChange(channel: Channel, state: connectivityState, ms: number): Promise<void> {
  return new Promise((resolve) => channel.watchConnectivityState(state, Date.now() + ms, () => resolve()));
}
