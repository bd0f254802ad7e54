import type { Consumer, ConsumerConfig, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { Subscription } from '@nats-io/transport-node';
import type { BusEvent } from './event-bus.ts';
import { type Delivery, type JobSource, pause } from './job-runner.ts';
import { isMissing, isTransient, type NatsLink } from './nats-connection.ts';
import { toBusEvent } from './nats-events.ts';
import { countHandBacks, recordHandBack } from './nats-hand-backs.ts';
import { buryJob } from './nats-jobs.ts';

/** A delivery and the message it is made of, for subscribers. */
export interface NatsDelivery extends Delivery {
  readonly event: BusEvent;
}

/** Takes messages of a durable consumer. */
export interface NatsSource extends JobSource {
  take(signal: AbortSignal): Promise<NatsDelivery | undefined>;
}

/** How long one request for a message stays open; JetStream wants at least a second. */
const PULL_EXPIRES_MS = 10_000;
/** Pause after a failed request, for example while the server restarts. */
const PULL_RETRY_MS = 500;
/** How long to wait for the server's word that an ack arrived. */
const CONFIRM_TIMEOUT_MS = 1_000;

export interface NatsSourceOptions {
  stream: string;
  consumer: Partial<ConsumerConfig> & { durable_name: string };
  ackWaitMs: number;
  /** Called before a request is tried again after it failed: the server may have lost the stream. */
  repair(): Promise<void>;
}

/** The consumer as it was found, told from a later one of its name by the time it was made. */
interface FoundConsumer {
  consumer: Consumer;
  created: string;
}

/** Takes messages of a durable consumer one at a time; goes on by itself after the server was away. */
export function createNatsSource(link: NatsLink, options: NatsSourceOptions): NatsSource {
  const { stream } = options;
  const { durable_name } = options.consumer;
  let found: Promise<FoundConsumer> | undefined;
  const connect = async () => {
    const { created } = await link.manager.consumers.add(stream, options.consumer);
    return { created, consumer: await link.client.consumers.get(stream, durable_name) };
  };
  /** Whether the server has lost the consumer, and what it delivered with it, since `created`. */
  const forgets = async (created: string) => {
    try {
      return (await link.manager.consumers.info(stream, durable_name)).created !== created;
    } catch (error) {
      if (isMissing(error)) return true;
      throw error;
    }
  };
  return {
    ackWaitMs: options.ackWaitMs,
    take: async (signal) => {
      try {
        found ??= connect();
        const { consumer, created } = await found;
        const message = await pull(consumer, signal);
        return message === undefined ? undefined : await toDelivery(link, message, () => forgets(created));
      } catch (error) {
        if (signal.aborted) return undefined;
        if (link.connection.isClosed()) throw link.unavailable('the event bus is closed', error);
        found = undefined;
        await pause(PULL_RETRY_MS, signal);
        if (!isTransient(error)) await options.repair().catch(() => undefined);
        return undefined;
      }
    },
  };
}

/** Asks for one message; when `signal` aborts the request is withdrawn, and a message on its way still arrives. */
async function pull(consumer: Consumer, signal: AbortSignal): Promise<JsMsg | undefined> {
  if (signal.aborted) return undefined;
  const messages: ConsumerMessages = await consumer.fetch({ max_messages: 1, expires: PULL_EXPIRES_MS });
  // `close` would drop a message that the server has sent already: its lease would have to run out.
  const { sub } = messages as unknown as { sub: Subscription };
  const withdraw = () => void sub.drain().catch(() => messages.close());
  signal.addEventListener('abort', withdraw, { once: true });
  if (signal.aborted) withdraw();
  try {
    for await (const message of messages) return message;
    return undefined;
  } finally {
    signal.removeEventListener('abort', withdraw);
  }
}

async function toDelivery(
  link: NatsLink,
  message: JsMsg,
  forgets: () => Promise<boolean>,
): Promise<NatsDelivery> {
  const event = toBusEvent(message);
  const handBacks = await countHandBacks(link, message);
  const reconnects = link.reconnects();
  /** An answer to a delivery that the server has lost would reach another message of its number. */
  const settle = async (answer: () => Promise<void>) => {
    await link.persist('cannot settle a job', async () => {
      if (link.reconnects() === reconnects || !(await forgets())) await answer();
    });
  };
  return {
    event,
    id: event.id,
    payload: message.data,
    attempt: message.info.deliveryCount - handBacks,
    heartbeat: () => {
      if (link.connected()) message.working();
      return link.connected();
    },
    ack: () => settle(() => confirm(link, message)),
    retry: async (delayMs) => {
      if (link.connected()) await settle(async () => message.nak(delayMs));
    },
    handBack: async () => {
      // A server that is away gives the job to another when the lease has run out.
      if (!link.connected()) return;
      await settle(async () => {
        await recordHandBack(link, message, handBacks + 1);
        message.nak();
      });
    },
    bury: (letter) =>
      settle(async () => {
        await buryJob(link, message, letter);
        await confirm(link, message);
      }),
  };
}

/** Acknowledges with the server's confirmation; without it the message comes again, which idempotent effects allow. */
async function confirm({ connection }: NatsLink, message: JsMsg): Promise<void> {
  const { reply } = message as JsMsg & { reply: string };
  await connection.request(reply, '+ACK', { timeout: CONFIRM_TIMEOUT_MS });
}
