import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { EventBus } from './event-bus.ts';
import { type EventBusOptions, openEventBus } from './open-event-bus.ts';
import { describeEventBus } from './testing/event-bus-contract.ts';
import { freePort, hasNatsServer, type NatsServer, startNatsServer } from './testing/nats-server.ts';
import { ACK_WAIT_MS, type Transport } from './testing/transport-fixture.ts';

const DOOMED = fileURLToPath(new URL('./testing/doomed-worker.ts', import.meta.url));
const installed = hasNatsServer();
if (!installed)
  console.warn('SKIPPED: the NATS transport is not tested, because nats-server is not installed');
const describeNats = installed ? describe : describe.skip;

async function openNatsTransport(): Promise<Transport> {
  const server = await startNatsServer();
  return {
    open: () => openEventBus({ url: server.url, ackWaitMs: ACK_WAIT_MS, drainMs: 5_000 }),
    startDoomedWorker: async (kind) => {
      const flags = ['--import', 'tsx', '--conditions=facet-source'];
      const child = spawn(process.execPath, [...flags, DOOMED, server.url, kind, String(ACK_WAIT_MS)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const taken = once(createInterface({ input: child.stdout }), 'line').then(([id]) => String(id));
      return {
        taken,
        kill: async () => {
          child.kill('SIGKILL');
          await once(child, 'exit');
        },
      };
    },
    close: () => server.close(),
  };
}

describeNats('NATS JetStream', () => {
  describeEventBus('nats', openNatsTransport);

  describe('when the server is away', () => {
    let server: NatsServer;
    const buses: EventBus[] = [];
    beforeEach(async () => {
      server = await startNatsServer();
    });
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((bus) => bus.close()));
      await server.close();
    });
    async function open(options: Omit<EventBusOptions, 'url'> = {}): Promise<EventBus> {
      const bus = await openEventBus({ url: server.url, ...options });
      buses.push(bus);
      return bus;
    }

    test('goes on after a restart: publishing, subscribing, working and queued jobs', async () => {
      const bus = await open({ ackWaitMs: 2_000 });
      const stop = new AbortController();
      const done: string[] = [];
      const events: string[] = [];
      const working = bus.work('capture', async ({ id }) => void done.push(id), { signal: stop.signal });
      const subscription = bus.subscribe('facet.sae.>', { signal: stop.signal });
      const reading = (async () => {
        for await (const { id } of subscription) events.push(id);
      })();
      await subscription.ready;
      await bus.enqueue('train', { id: 'kept', payload: new Uint8Array() });
      await bus.enqueue('capture', { id: 'before', payload: new Uint8Array() });
      while (done.length < 1) await sleep(20);

      await server.kill();
      await expect(bus.health()).rejects.toMatchObject({ kind: 'unavailable' });
      const during = [
        bus.enqueue('capture', { id: 'during', payload: new Uint8Array() }),
        bus.publish('facet.sae.x', new Uint8Array(), { id: 'e-during' }),
      ];
      await sleep(500);
      await server.start();
      await Promise.all(during);
      await bus.enqueue('capture', { id: 'after', payload: new Uint8Array() });
      while (!done.includes('during') || !done.includes('after') || events.length < 1) await sleep(20);
      await bus.health();
      // `before` comes a second time if the server died before its acknowledgement was on disk.
      expect([...new Set(done)].toSorted()).toEqual(['after', 'before', 'during']);
      expect(events).toEqual(['e-during']);
      expect(await bus.queueDepth('train')).toEqual({ pending: 1, active: 0 });
      stop.abort();
      await Promise.all([working, reading]);
    });

    test('hears live messages where it began to listen while the server was away', async () => {
      const bus = await open();
      await server.kill();
      const listening = bus.listen('facet.sae.progress.*');
      await server.start();
      await listening.ready;
      bus.broadcast('facet.sae.progress.x', Uint8Array.of(7));
      for await (const { subject, payload } of listening) {
        expect([subject, ...payload]).toEqual(['facet.sae.progress.x', 7]);
        break;
      }
    });

    test('says that nobody can be listened to while the server stays away', async () => {
      const bus = await open({ connectTimeoutMs: 700 });
      await server.kill();
      await expect(bus.listen('facet.sae.progress.*').ready).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(server.url),
      });
    });

    test('names the address when a call cannot be served in time', async () => {
      const bus = await open({ connectTimeoutMs: 700 });
      await server.kill();
      const call = bus.enqueue('train', { id: 'x', payload: new Uint8Array() });
      await expect(call).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(server.url),
      });
    });
  });

  test('says which address does not answer, after trying for the bounded time', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    const startedMs = performance.now();
    await expect(openEventBus({ url, connectTimeoutMs: 600 })).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'NATS_NOT_REACHABLE',
      message: expect.stringContaining(url),
    });
    expect(performance.now() - startedMs).toBeGreaterThan(300);
  });

  test('stops trying at once when told to', async () => {
    const stop = new AbortController();
    const url = `nats://127.0.0.1:${await freePort()}`;
    const opening = openEventBus({ url, connectTimeoutMs: 60_000, signal: stop.signal });
    const refused = expect(opening).rejects.toMatchObject({ kind: 'cancelled' });
    await sleep(200);
    const stoppedMs = performance.now();
    stop.abort();
    await refused;
    expect(performance.now() - stoppedMs).toBeLessThan(2_000);
  });

  test('waits for a server that starts later', async () => {
    const server = await startNatsServer();
    await server.kill();
    const opening = openEventBus({ url: server.url });
    await sleep(300);
    await server.start();
    await (await opening).close();
    await server.close();
  });

  test('says what to do when the server has no JetStream', async () => {
    const server = await startNatsServer([]);
    await expect(openEventBus({ url: server.url })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'JETSTREAM_DISABLED',
      message: expect.stringContaining('-js'),
    });
    await server.close();
  });
});
