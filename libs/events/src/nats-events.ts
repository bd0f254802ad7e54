import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
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

/** Reads the events stored from now on, in order, also across restarts of the server. */
export function subscribeFromNow(
  link: NatsLink,
  filter: string,
  signal: AbortSignal,
): Subscription<BusEvent> {
  const queue = createMessageQueue<BusEvent>({ signal });
  const start = async () => {
    const { state } = await link.persist('cannot subscribe', () => link.manager.streams.info(EVENTS_STREAM));
    const consumer = await link.client.consumers.get(EVENTS_STREAM, {
      filter_subjects: filter,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: state.last_seq + 1,
    });
    const messages = await consumer.consume();
    const stop = () => void messages.close();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    return messages;
  };
  const starting = start();
  const forward = async () => {
    for await (const message of await starting) queue.push(toBusEvent(message));
    queue.end();
  };
  forward().catch((error: Error) => queue.end(error));
  const ready = starting.then(() => undefined);
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
}

/** An event as stored, without anything to acknowledge. */
export function toBusEvent({ subject, data, headers: header }: JsMsg): BusEvent {
  return { subject, payload: data, id: header?.get(ID_HEADER) ?? '', ack: () => {} };
}
