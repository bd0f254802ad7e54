import { type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { BusEvent, Subscription } from './event-bus.ts';
import { createMessageQueue } from './message-queue.ts';
import type { NatsLink } from './nats-connection.ts';
import { EVENTS_STREAM } from './nats-streams.ts';

/** Header that carries the id of an event or job. */
export const ID_HEADER = 'Facet-Id';

/** Stores an event; a repeated send after a lost answer counts once, as its id does. */
export async function publishEvent(
  { client, persist }: NatsLink,
  subject: string,
  payload: Uint8Array,
  id: string,
): Promise<void> {
  const header = headers();
  header.set(ID_HEADER, id);
  await persist(`cannot publish ${subject}`, () =>
    client.publish(subject, payload, { msgID: id, headers: header }),
  );
}

/** Reads the events stored from now on, in order, also across restarts of the server and the loss of its store. */
export function subscribeFromNow(
  link: NatsLink,
  filter: string,
  signal: AbortSignal,
): Subscription<BusEvent> {
  const queue = createMessageQueue<BusEvent>({ signal });
  const first = openFromNow(link, filter, signal);
  const forward = async () => {
    for (let reading = await first; ; reading = await openFrom(link, filter, { startSequence: 1, signal })) {
      for await (const message of reading.messages) queue.push(toBusEvent(message));
      if (!reading.isLost()) break;
    }
    queue.end();
  };
  forward().catch((error: Error) => queue.end(error));
  const ready = first.then(() => undefined);
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
}

/** Messages of a stream as long as it is the same one. */
interface Reading {
  messages: ConsumerMessages;
  /** Whether it ended because the server has lost the stream. */
  isLost(): boolean;
}

async function openFromNow(link: NatsLink, filter: string, signal: AbortSignal): Promise<Reading> {
  const { state } = await link.persist('cannot subscribe', () => link.manager.streams.info(EVENTS_STREAM));
  return openFrom(link, filter, { startSequence: state.last_seq + 1, signal });
}

async function openFrom(
  link: NatsLink,
  filter: string,
  { startSequence, signal }: { startSequence: number; signal: AbortSignal },
): Promise<Reading> {
  const info = () => link.persist('cannot subscribe', () => link.manager.streams.info(EVENTS_STREAM));
  const { created } = await info();
  const consumer = await link.client.consumers.get(EVENTS_STREAM, {
    filter_subjects: filter,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: startSequence,
  });
  const messages = await consumer.consume();
  const stop = () => void messages.close();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  let lost = false;
  const look = async () => {
    lost ||= (await info()).created !== created;
    if (lost) stop();
  };
  // A server that does not answer is looked at again after the next reconnect.
  link.onReconnect(() => void look().catch(() => undefined), signal);
  return { messages, isLost: () => lost && !signal.aborted };
}

/** An event as stored, without anything to acknowledge. */
export function toBusEvent({ subject, data, headers: header }: JsMsg): BusEvent {
  return { subject, payload: data, id: header?.get(ID_HEADER) ?? '', ack: () => {} };
}
