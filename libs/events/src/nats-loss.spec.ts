import type { EventBus } from './event-bus.ts';
import { keepQueued } from './keep-queued.ts';
import { openEventBus } from './open-event-bus.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from './testing/nats-server.ts';
import { text, until } from './testing/transport-fixture.ts';

const installed = hasNatsServer();
if (!installed) console.warn('SKIPPED: lost queues are not tested, because nats-server is not installed');
const describeNats = installed ? describe : describe.skip;

describeNats('a NATS server that was killed and has lost its store', () => {
  let server: NatsServer;
  const buses: EventBus[] = [];
  const stop = { signals: [] as AbortController[] };
  beforeEach(async () => {
    server = await startNatsServer();
  });
  afterEach(async () => {
    for (const controller of stop.signals.splice(0)) controller.abort();
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await server.close();
  });

  async function open(): Promise<EventBus> {
    const bus = await openEventBus({ url: server.url, ackWaitMs: 2_000 });
    buses.push(bus);
    return bus;
  }

  async function loseEverything(): Promise<void> {
    await server.kill();
    await server.wipe();
    await server.start();
  }

  function stopper(): AbortController {
    const controller = new AbortController();
    stop.signals.push(controller);
    return controller;
  }

  /** Works on trains and holds each job until it is told to finish. */
  function holdJobs(bus: EventBus, { signal }: AbortController) {
    const held: string[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const handler = async ({ id }: { id: string }) => {
      held.push(id);
      await finished;
    };
    return { held, finish, working: bus.work('train', handler, { signal }) };
  }

  const job = (id: string) => ({ id, payload: text(id) });

  test.each<[string, (bus: EventBus) => Promise<unknown>]>([
    ['queues a job', (bus) => bus.enqueue('train', job('first'))],
    ['publishes', (bus) => bus.publish('facet.sae.x', text(''), { id: 'e' })],
    ['asks for lost jobs', (bus) => bus.lost('train', ['first'])],
    ['asks for the depth', (bus) => bus.queueDepth('train')],
    ['asks for dead letters', (bus) => bus.deadLetters('train')],
  ])('has its streams again when a process that was there before %s', async (_, call) => {
    const bus = await open();
    await loseEverything();
    await call(bus);
    await bus.enqueue('index', job('next'));
    expect(await bus.queueDepth('index')).toEqual({ pending: 1, active: 0 });
  });

  test.each([{ durable: 'd' }, {}])(
    'gives subscribers %j what is published afterwards',
    async (options) => {
      const bus = await open();
      const seen = new Set<string>();
      const subscription = bus.subscribe('facet.sae.>', { ...options, signal: stopper().signal });
      await subscription.ready;
      const reading = (async () => {
        for await (const event of subscription) {
          seen.add(event.id);
          event.ack();
        }
      })();
      await bus.publish('facet.sae.x', text(''), { id: 'before' });
      await until(() => seen.has('before'));
      await loseEverything();
      await bus.publish('facet.sae.x', text(''), { id: 'after' });
      await until(() => seen.has('after'), 30_000);
      for (const controller of stop.signals) controller.abort();
      await reading;
    },
    60_000,
  );

  test('gets lost jobs back once, whatever the number of replicas, and none that still runs', async () => {
    const replicas = [await open(), await open()];
    const ending = stopper();
    const jobs = ['runs', 'waits-1', 'waits-2'].map(job);
    const { held, finish, working } = holdJobs(replicas[0]!, ending);
    for (const each of jobs) await replicas[0]!.enqueue('train', each);
    await until(() => held.length === 1);
    await loseEverything();
    const queued: string[] = [];
    const failures: unknown[] = [];
    const keeping = replicas.map((replica) =>
      keepQueued(replica, {
        kind: 'train',
        ids: async () => ['all'],
        unfinished: async function* () {
          yield* jobs;
        },
        intervalMs: 100,
        signal: ending.signal,
        onQueued: (ids) => queued.push(...ids),
        onError: (error) => failures.push(error),
      }),
    );
    await until(() => queued.length >= 2, 30_000);
    expect(await replicas[0]!.queueDepth('train')).toEqual({ pending: 2, active: 0 });
    expect(new Set(queued)).toEqual(new Set(['waits-1', 'waits-2']));
    ending.abort();
    finish();
    await Promise.all([working, ...keeping]);
    expect({ held, failures }).toEqual({ held: ['runs'], failures: [] });
  }, 60_000);

  test('does not take the end of a job of before for that of another with its number', async () => {
    const [before, after] = [await open(), await open()];
    const old = holdJobs(before, stopper());
    await before.enqueue('train', job('old'));
    await until(() => old.held.length === 1);
    await loseEverything();
    await after.enqueue('train', job('new'));
    const fresh = holdJobs(after, stopper());
    await until(() => fresh.held.length === 1, 30_000);
    stop.signals[0]!.abort();
    old.finish();
    await old.working;
    expect(await after.queueDepth('train')).toEqual({ pending: 0, active: 1 });
    fresh.finish();
    await until(async () => (await after.queueDepth('train')).active === 0);
    expect([old.held, fresh.held]).toEqual([['old'], ['new']]);
  }, 60_000);
});
