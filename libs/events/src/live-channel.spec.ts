import type { EventBus } from './event-bus.ts';
import { createLiveChannel, type LiveSchema } from './live-channel.ts';
import { createMemoryBroker, createMemoryEventBus } from './memory-event-bus.ts';

/** Reads `{rows: number}`. */
const schema: LiveSchema<{ rows: number }> = {
  safeParse: (value) => {
    const rows = (value as { rows?: unknown } | undefined)?.rows;
    return typeof rows === 'number' ? { data: { rows } } : {};
  },
};

let bus: EventBus;

beforeEach(() => {
  bus = createMemoryEventBus(createMemoryBroker(), { ackWaitMs: 1000, drainMs: 100 });
});
afterEach(() => bus.close());

async function take<T>(messages: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const message of messages) if (taken.push(message) === count) break;
  return taken;
}

describe('createLiveChannel', () => {
  test('yields what is sent about the resource, whatever characters its id has', async () => {
    const channel = createLiveChannel(bus, 'facet.training.progress', schema);
    const messages = channel.listen('a.b > *');
    await messages.ready;
    channel.send('a.b', { rows: 1 });
    channel.send('a.b > *', { rows: 2 });
    channel.send('a.b > *', { rows: 3 });
    expect(await take(messages, 2)).toEqual([{ rows: 2 }, { rows: 3 }]);
  });

  test('keeps channels apart', async () => {
    const progress = createLiveChannel(bus, 'facet.training.progress', schema);
    const messages = progress.listen('a');
    createLiveChannel(bus, 'facet.training.cancel', schema).send('a', { rows: 1 });
    progress.send('a', { rows: 2 });
    expect(await take(messages, 1)).toEqual([{ rows: 2 }]);
  });

  test('skips what it cannot read', async () => {
    const channel = createLiveChannel(bus, 'facet.training.progress', schema);
    const messages = channel.listen('a');
    for (const text of ['', 'no JSON', '{"rows": "three"}', '{"rows": 4}'])
      bus.broadcast('facet.training.progress.61', Buffer.from(text));
    expect(await take(messages, 1)).toEqual([{ rows: 4 }]);
  });

  test('ends with its signal', async () => {
    const listening = new AbortController();
    const channel = createLiveChannel(bus, 'facet.training.progress', schema);
    const ended = take(channel.listen('a', listening.signal), 1);
    listening.abort();
    expect(await ended).toEqual([]);
  });
});
