import { keepQueued, type QueuedJob } from './keep-queued.ts';
import { openEventBus } from './open-event-bus.ts';
import { text, until } from './testing/transport-fixture.ts';

describe('keepQueued', () => {
  test('queues what is unfinished at once, again when it is lost, and goes on after a look that failed', async () => {
    const bus = await openEventBus({ url: 'memory:' });
    const stop = new AbortController();
    const unfinished = new Map<string, QueuedJob>();
    for (const id of ['a', 'b']) unfinished.set(id, { id, payload: text(id) });
    await bus.enqueue('capture', unfinished.get('a')!);
    const queued: string[][] = [];
    const errors: unknown[] = [];
    let looks = 0;
    const keeping = keepQueued(bus, {
      kind: 'capture',
      ids: async () => {
        if (looks++ === 1) throw new Error('the store is away');
        return [...unfinished.keys()];
      },
      unfinished: async function* (id) {
        yield unfinished.get(id)!;
      },
      intervalMs: 5,
      signal: stop.signal,
      onQueued: (ids) => queued.push([...ids]),
      onError: (error) => errors.push(error),
    });
    await until(() => looks > 3);
    expect(queued).toEqual([['b']]);
    expect(errors).toEqual([new Error('the store is away')]);
    expect(await bus.queueDepth('capture')).toEqual({ pending: 2, active: 0 });

    const runs: string[] = [];
    const working = bus.work('capture', async ({ id }) => void runs.push(id), { signal: stop.signal });
    await until(() => runs.filter((id) => id === 'a').length > 1);
    unfinished.clear();
    stop.abort();
    await Promise.all([working, keeping]);
    expect(new Set(runs)).toEqual(new Set(['a', 'b']));
    await bus.close();
  });

  test('asks about any number of jobs', async () => {
    const bus = await openEventBus({ url: 'memory:' });
    const stop = new AbortController();
    const keeping = keepQueued(bus, {
      kind: 'index',
      ids: async () => ['few', 'many'],
      unfinished: async function* (id) {
        const count = id === 'few' ? 3 : 2_497;
        for (let i = 0; i < count; i++) yield { id: `${id}-${i}`, payload: text('') };
      },
      intervalMs: 60_000,
      signal: stop.signal,
      onError: (error) => {
        throw error;
      },
    });
    await until(async () => (await bus.queueDepth('index')).pending === 2_500);
    stop.abort();
    await keeping;
    await bus.close();
  });

  test('queues the others where one cannot be read, and tells of it', async () => {
    const bus = await openEventBus({ url: 'memory:' });
    const stop = new AbortController();
    const errors: unknown[] = [];
    const keeping = keepQueued(bus, {
      kind: 'train',
      ids: async () => ['a', 'damaged', 'c'],
      unfinished: async function* (id) {
        if (id === 'damaged') throw new Error('runs/damaged is not UTF-8 JSON');
        yield { id, payload: text(id) };
      },
      intervalMs: 60_000,
      signal: stop.signal,
      onError: (error) => errors.push(error),
    });
    await until(async () => (await bus.queueDepth('train')).pending === 2);
    expect(errors).toEqual([new Error('runs/damaged is not UTF-8 JSON')]);
    stop.abort();
    await keeping;
    await bus.close();
  });
});
