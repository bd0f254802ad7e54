import type { BusEvent, LiveMessage, Subscription } from './event-bus.ts';
import { DEDUPLICATION_MS, MAX_WAITING_LIVE_MESSAGES } from './limits.ts';
import { createMemoryQueue, type MemoryQueue } from './memory-queue.ts';
import { createMessageQueue, type MessageQueue } from './message-queue.ts';
import { matches } from './subjects.ts';

/** Events kept for durable subscriptions that come later. */
const MAX_KEPT_EVENTS = 10_000;

interface KeptEvent {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly id: string;
}

/** The subscribers of one durable name share a queue of events; an unacked one goes to the next after ackWaitMs. */
interface Durable {
  readonly filter: string;
  readonly queue: MemoryQueue;
  readonly events: Map<string, KeptEvent>;
}

interface Receiver<T> {
  readonly filter: string;
  readonly queue: MessageQueue<T>;
}

export interface LogSubscribeOptions {
  durable?: string | undefined;
  signal: AbortSignal;
  ackWaitMs: number;
}

/** Events and live messages in this process. */
export interface MemoryLog {
  publish(event: KeptEvent): void;
  subscribe(filter: string, options: LogSubscribeOptions): Subscription<BusEvent>;
  broadcast(message: LiveMessage): void;
  listen(filter: string, signal: AbortSignal): Subscription<LiveMessage>;
}

/** Creates an empty log. */
export function createMemoryLog(): MemoryLog {
  const kept: KeptEvent[] = [];
  const isNew = createDeduplicator();
  const subscribers = new Set<Receiver<BusEvent>>();
  const listeners = new Set<Receiver<LiveMessage>>();
  const durables = new Map<string, Durable>();
  return {
    publish: (event) => {
      if (!isNew(event.id)) return;
      kept.push(event);
      if (kept.length > MAX_KEPT_EVENTS) kept.shift();
      for (const { filter, queue } of subscribers) {
        if (matches(filter, event.subject)) queue.push({ ...event, ack: () => {} });
      }
      for (const durable of durables.values()) offer(durable, event);
    },
    subscribe: (filter, { durable: name, signal, ackWaitMs }) => {
      if (name === undefined) return receive(subscribers, filter, { signal });
      const durable = durables.get(name) ?? createDurable(filter, kept);
      durables.set(name, durable);
      return subscription(readDurable(durable, { signal, ackWaitMs }));
    },
    broadcast: (message) => {
      for (const { filter, queue } of listeners) if (matches(filter, message.subject)) queue.push(message);
    },
    listen: (filter, signal) => receive(listeners, filter, { signal, limit: MAX_WAITING_LIVE_MESSAGES }),
  };
}

/** Tells whether an id is new within DEDUPLICATION_MS. */
function createDeduplicator(): (id: string) => boolean {
  const seenMs = new Map<string, number>();
  return (id) => {
    const nowMs = performance.now();
    for (const [old, atMs] of seenMs) {
      if (nowMs - atMs < DEDUPLICATION_MS) break;
      seenMs.delete(old);
    }
    if (seenMs.has(id)) return false;
    seenMs.set(id, nowMs);
    return true;
  };
}

function receive<T>(
  receivers: Set<Receiver<T>>,
  filter: string,
  options: { signal: AbortSignal; limit?: number },
): Subscription<T> {
  const queue = createMessageQueue<T>({ ...options, onEnd: () => receivers.delete(receiver) });
  const receiver = { filter, queue };
  if (!options.signal.aborted) receivers.add(receiver);
  return subscription(queue);
}

function createDurable(filter: string, kept: readonly KeptEvent[]): Durable {
  const durable = { filter, queue: createMemoryQueue(), events: new Map<string, KeptEvent>() };
  for (const event of kept) offer(durable, event);
  return durable;
}

function offer({ filter, queue, events }: Durable, event: KeptEvent): void {
  if (!matches(filter, event.subject)) return;
  events.set(event.id, event);
  queue.enqueue(event.id, event.payload);
}

async function* readDurable(
  { queue, events }: Durable,
  { signal, ackWaitMs }: { signal: AbortSignal; ackWaitMs: number },
): AsyncGenerator<BusEvent, void, undefined> {
  const source = queue.source(ackWaitMs, () => true);
  while (!signal.aborted) {
    const delivery = await source.take(signal);
    const event = delivery === undefined ? undefined : events.get(delivery.id);
    if (delivery === undefined || event === undefined) continue;
    const ack = () => {
      events.delete(event.id);
      void delivery.ack();
    };
    yield { ...event, ack };
  }
}

function subscription<T>(iterable: AsyncIterable<T>): Subscription<T> {
  return { ready: Promise.resolve(), [Symbol.asyncIterator]: () => iterable[Symbol.asyncIterator]() };
}
