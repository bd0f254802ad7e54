import { FacetError } from '@facet/errors';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { JobKind } from './event-bus.ts';
import { DEDUPLICATION_MS, MAX_QUEUED_JOBS } from './limits.ts';
import type { NatsLink } from './nats-connection.ts';
import { EVENT_AREAS } from './subjects.ts';

export const EVENTS_STREAM = 'FACET_EVENTS';
export const JOBS_STREAM = 'FACET_JOBS';
export const DEAD_STREAM = 'FACET_DEAD';
export const HAND_BACKS_STREAM = 'FACET_HAND_BACKS';

const NANOS_PER_MS = 1_000_000;
const DAY_MS = 86_400_000;
const EVENT_DAYS = 7;
const DEAD_LETTER_DAYS = 30;
const MAX_DEAD_LETTERS = 10_000;
const HAND_BACK_DAYS = 30;
/** A repeated send of one enqueue call counts once within this time. */
const JOB_DEDUPLICATION_MS = 120_000;

type ManagedConfig = Pick<StreamConfig, 'name' | 'subjects' | 'retention'> & Partial<StreamConfig>;

const STREAMS: readonly ManagedConfig[] = [
  {
    name: EVENTS_STREAM,
    subjects: EVENT_AREAS.map((area) => `facet.${area}.>`),
    retention: RetentionPolicy.Limits,
    max_age: EVENT_DAYS * DAY_MS * NANOS_PER_MS,
    duplicate_window: DEDUPLICATION_MS * NANOS_PER_MS,
  },
  {
    name: JOBS_STREAM,
    subjects: ['facet.jobs.>'],
    retention: RetentionPolicy.Workqueue,
    max_msgs: MAX_QUEUED_JOBS,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.New,
    discard_new_per_subject: true,
    duplicate_window: JOB_DEDUPLICATION_MS * NANOS_PER_MS,
  },
  {
    name: DEAD_STREAM,
    subjects: ['facet.dead.>'],
    retention: RetentionPolicy.Limits,
    max_age: DEAD_LETTER_DAYS * DAY_MS * NANOS_PER_MS,
    max_msgs: MAX_DEAD_LETTERS,
    discard: DiscardPolicy.Old,
  },
  {
    name: HAND_BACKS_STREAM,
    subjects: ['facet.hand-backs.>'],
    retention: RetentionPolicy.Limits,
    max_age: HAND_BACK_DAYS * DAY_MS * NANOS_PER_MS,
    max_msgs: MAX_QUEUED_JOBS,
    max_msgs_per_subject: 1,
    discard: DiscardPolicy.Old,
  },
];

/** Creates or adjusts the streams; copies and storage of streams that exist are left as operators set them. */
export async function ensureStreams(link: NatsLink, replicas: number): Promise<void> {
  for (const config of STREAMS) {
    const stored = await link.persist(`cannot prepare stream ${config.name}`, () =>
      ensureStream(link, config, replicas),
    );
    refuseDroppedOptions(link, config, stored);
  }
}

async function ensureStream(
  { manager }: NatsLink,
  config: ManagedConfig,
  replicas: number,
): Promise<StreamConfig> {
  const existing = await manager.streams.info(config.name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)
      return undefined;
    throw error;
  });
  if (existing === undefined) {
    const created = await manager.streams.add({
      ...config,
      storage: StorageType.File,
      num_replicas: replicas,
    });
    return created.config;
  }
  if (droppedOptions(config, existing.config).length === 0) return existing.config;
  return (await manager.streams.update(config.name, { ...existing.config, ...config })).config;
}

/** An old server drops stream options it does not know without a word. */
function refuseDroppedOptions(
  { address, connection }: NatsLink,
  config: ManagedConfig,
  stored: StreamConfig,
): void {
  const dropped = droppedOptions(config, stored);
  if (dropped.length === 0) return;
  const version = connection.info?.version ?? 'unknown';
  throw new FacetError(
    'precondition',
    `NATS ${version} at ${address} does not keep ${dropped.join(', ')} of stream ${config.name}; use 2.9 or newer`,
    { reason: 'NATS_TOO_OLD' },
  );
}

function droppedOptions(config: ManagedConfig, stored: StreamConfig): string[] {
  return Object.entries(config)
    .filter(([key, value]) => JSON.stringify(stored[key as keyof StreamConfig]) !== JSON.stringify(value))
    .map(([key]) => key);
}

/** The consumer that all workers of a kind share. */
export function jobConsumer(kind: JobKind, ackWaitMs: number): ConsumerConfigOf {
  return {
    ...SHARED_CONSUMER,
    durable_name: `facet-${kind}`,
    filter_subject: `facet.jobs.${kind}.*`,
    ack_wait: ackWaitMs * NANOS_PER_MS,
  };
}

/** The consumer that the subscribers of a durable name share. */
export function eventConsumer(durable: string, filter: string, ackWaitMs: number): ConsumerConfigOf {
  return {
    ...SHARED_CONSUMER,
    durable_name: durable,
    filter_subject: filter,
    ack_wait: ackWaitMs * NANOS_PER_MS,
  };
}

type ConsumerConfigOf = Partial<ConsumerConfig> & { durable_name: string };

/** Deliveries are counted by the worker, not limited by the server: past max_deliver a message would stay for ever. */
const SHARED_CONSUMER = {
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  max_deliver: -1,
  max_ack_pending: 10_000,
} as const;
