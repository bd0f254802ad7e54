import type { EventBus, Subscription } from './event-bus.ts';

/** Live messages of one type about resources, between the replicas of a service; none is kept. */
export interface LiveChannel<T> {
  /** Tells whoever listens to the resource `id` now. */
  send(id: string, value: T): void;
  /** What is sent about the resource `id` from now on; what another version of the service wrote otherwise is skipped. */
  listen(id: string, signal?: AbortSignal): Subscription<T>;
}

/** Reads a value, as a zod schema does: `data` is undefined for one that does not fit. */
export interface LiveSchema<T> {
  safeParse(value: unknown): { data?: T | undefined };
}

/**
 * Sends JSON below `subject` (`facet.training.progress`) on `bus`. Ids may hold any characters: subjects carry them in
 * hexadecimal.
 */
export function createLiveChannel<T>(
  bus: Pick<EventBus, 'broadcast' | 'listen'>,
  subject: string,
  schema: LiveSchema<T>,
): LiveChannel<T> {
  const subjectOf = (id: string) => `${subject}.${Buffer.from(id).toString('hex')}`;
  return {
    send: (id, value) => bus.broadcast(subjectOf(id), Buffer.from(JSON.stringify(value))),
    listen: (id, signal) => {
      const messages = bus.listen(subjectOf(id), signal && { signal });
      return { ready: messages.ready, [Symbol.asyncIterator]: () => parsed(messages, schema) };
    },
  };
}

async function* parsed<T>(
  messages: AsyncIterable<{ payload: Uint8Array }>,
  schema: LiveSchema<T>,
): AsyncGenerator<T, void, undefined> {
  for await (const { payload } of messages) {
    const value = schema.safeParse(jsonOf(payload)).data;
    if (value !== undefined) yield value;
  }
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}
