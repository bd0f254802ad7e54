import type { Consumer, ConsumerConfig, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { BusEvent } from './event-bus.ts';
import { type Delivery, type JobSource, pause } from './job-runner.ts';
import { isTransient, type NatsLink } from './nats-connection.ts';
import { toBusEvent } from './nats-events.ts';
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

/** Takes messages of a durable consumer one at a time; goes on by itself after the server was away. */
export function createNatsSource(link: NatsLink, options: NatsSourceOptions): NatsSource {
  let consumer: Promise<Consumer> | undefined;
  const connect = async () => {
    await link.manager.consumers.add(options.stream, options.consumer);
    return await link.client.consumers.get(options.stream, options.consumer.durable_name);
  };
  return {
    ackWaitMs: options.ackWaitMs,
    take: async (signal) => {
      try {
        consumer ??= connect();
        const message = await pull(await consumer, signal);
        return message === undefined ? undefined : toDelivery(link, message);
      } catch (error) {
        if (signal.aborted) return undefined;
        if (link.connection.isClosed()) throw link.unavailable('the event bus is closed', error);
        consumer = undefined;
        await pause(PULL_RETRY_MS, signal);
        if (!isTransient(error)) await options.repair().catch(() => undefined);
        return undefined;
      }
    },
  };
}

/** Asks for one message; when `signal` aborts the request is withdrawn, and a message on its way is given back. */
async function pull(consumer: Consumer, signal: AbortSignal): Promise<JsMsg | undefined> {
  if (signal.aborted) return undefined;
  const messages: ConsumerMessages = await consumer.fetch({ max_messages: 1, expires: PULL_EXPIRES_MS });
  const withdraw = () => void messages.close();
  signal.addEventListener('abort', withdraw, { once: true });
  if (signal.aborted) withdraw();
  try {
    for await (const message of messages) return message;
    return undefined;
  } finally {
    signal.removeEventListener('abort', withdraw);
  }
}

function toDelivery(link: NatsLink, message: JsMsg): NatsDelivery {
  const event = toBusEvent(message);
  return {
    event,
    id: event.id,
    payload: message.data,
    attempt: message.info.deliveryCount,
    heartbeat: () => {
      if (link.connected()) message.working();
      return link.connected();
    },
    ack: () => confirm(link, message),
    retry: async (delayMs) => message.nak(delayMs),
    bury: async (letter) => {
      await buryJob(link, message, letter);
      await confirm(link, message);
    },
  };
}

/** Acknowledges until the server confirms; if it never does, the message comes again, which idempotent effects allow. */
async function confirm({ connection, persist }: NatsLink, message: JsMsg): Promise<void> {
  const { reply } = message as JsMsg & { reply: string };
  await persist('cannot acknowledge', () =>
    connection.request(reply, '+ACK', { timeout: CONFIRM_TIMEOUT_MS }),
  );
}
