import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import type { EventBus, Job, JobKind } from '../event-bus.ts';

/** Lease of deliveries in these tests. */
export const ACK_WAIT_MS = 600;

/** A worker that takes one job and keeps it until it is killed without a word. */
export interface DoomedWorker {
  /** Resolves with the id of the job it holds. */
  readonly taken: Promise<string>;
  kill(): Promise<void>;
}

/** One broker to which buses connect. */
export interface Transport {
  open(): Promise<EventBus>;
  startDoomedWorker(kind: JobKind): Promise<DoomedWorker>;
  close(): Promise<void>;
}

const text = (value: string) => Buffer.from(value);
const read = (payload: Uint8Array) => Buffer.from(payload).toString();

/** Takes the first `count` items of an iterable. */
async function first<T>(iterable: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

/** Waits for a condition that other code brings about. */
async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not reached within ${timeoutMs} ms: ${condition}`);
    await sleep(20);
  }
}

let names = 0;
/** An id or token that no other test uses: the broker is shared. */
const unique = (prefix: string) => `${prefix}-${process.pid}-${names++}`;

/** The contract of EventBus, run against every transport. */
export function describeEventBus(name: string, openTransport: () => Promise<Transport>): void {
  let transport: Transport;
  const open: EventBus[] = [];
  const openBus = async () => {
    const bus = await transport.open();
    open.push(bus);
    return bus;
  };

  beforeAll(async () => {
    transport = await openTransport();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.close()));
  });
  afterAll(async () => transport.close());

  describe(`${name}: publish and subscribe`, () => {
    test('delivers events that match, from the subscription on, to every subscriber', async () => {
      const [sender, receiver] = [await openBus(), await openBus()];
      const area = unique('set');
      await sender.publish(`facet.activation.${area}.ready`, text('before'), { id: unique('e') });
      const subscriptions = [
        receiver.subscribe(`facet.activation.${area}.*`),
        sender.subscribe('facet.activation.>'),
      ];
      await Promise.all(subscriptions.map(({ ready }) => ready));
      const received = subscriptions.map((subscription) => first(subscription, 2));
      await sender.publish(`facet.sae.${area}.published`, text('other area'), { id: unique('e') });
      const id = unique('e');
      await sender.publish(`facet.activation.${area}.ready`, text('one'), { id });
      await sender.publish(`facet.activation.${area}.ready`, text('two'), { id: unique('e') });
      for (const events of await Promise.all(received)) {
        expect(events.map(({ payload }) => read(payload))).toEqual(['one', 'two']);
        expect(events[0]).toMatchObject({ subject: `facet.activation.${area}.ready`, id });
      }
    });

    test('counts an id once', async () => {
      const bus = await openBus();
      const area = unique('dup');
      const subscription = bus.subscribe(`facet.sae.${area}`);
      await subscription.ready;
      const id = unique('e');
      for (let i = 0; i < 3; i++) await bus.publish(`facet.sae.${area}`, text('again'), { id });
      await bus.publish(`facet.sae.${area}`, text('last'), { id: unique('e') });
      const events = await first(subscription, 2);
      expect(events.map(({ payload }) => read(payload))).toEqual(['again', 'last']);
    });

    test('gives a durable subscriber what came while it was away, and an unacked event again', async () => {
      const bus = await openBus();
      const area = unique('durable');
      const durable = unique('index');
      const filter = `facet.training.${area}.>`;
      const publish = (value: string) =>
        bus.publish(`facet.training.${area}.ended`, text(value), { id: unique('e') });
      await publish('kept from before');
      for await (const event of bus.subscribe(filter, { durable })) {
        expect(read(event.payload)).toBe('kept from before');
        event.ack();
        break;
      }
      await publish('while away');
      for await (const event of bus.subscribe(filter, { durable })) {
        expect(read(event.payload)).toBe('while away');
        break; // without an ack
      }
      const [again] = await first(bus.subscribe(filter, { durable }), 1);
      expect(read(again!.payload)).toBe('while away');
      again!.ack();
    });

    test('shares the events of a durable name among its subscribers', async () => {
      const buses = [await openBus(), await openBus()];
      const area = unique('shared');
      const stop = new AbortController();
      const received: string[] = [];
      const durable = unique('workers');
      const readers = buses.map(async (bus) => {
        for await (const event of bus.subscribe(`facet.sae.${area}`, { durable, signal: stop.signal })) {
          received.push(read(event.payload));
          event.ack();
        }
      });
      const sent = Array.from({ length: 20 }, (_, i) => `n${i}`);
      for (const value of sent)
        await buses[0]!.publish(`facet.sae.${area}`, text(value), { id: unique('e') });
      await until(() => received.length >= sent.length);
      stop.abort();
      await Promise.all(readers);
      expect(received.toSorted()).toEqual(sent.toSorted());
    });

    test('ends a subscription with its signal, and with the bus', async () => {
      const bus = await openBus();
      const stop = new AbortController();
      const reading = first(bus.subscribe('facet.sae.never', { signal: stop.signal }), 1);
      const durable = first(bus.subscribe('facet.sae.never', { durable: unique('d') }), 1);
      stop.abort();
      expect(await reading).toEqual([]);
      await bus.close();
      expect(await durable).toEqual([]);
    });

    test.each([
      'facet.sae',
      'sae.x',
      'facet.jobs.x',
      'facet.live.x',
      'facet.sae.*',
      'facet.sae.a b',
      'facet.sae..x',
      'facet.sae.>',
      '',
    ])('refuses the subject %j', async (subject) => {
      const bus = await openBus();
      const refusal = { kind: 'invalid', reason: 'SUBJECT_INVALID' };
      await expect(bus.publish(subject, text(''), { id: 'x' })).rejects.toMatchObject(refusal);
      expect(() => bus.broadcast(subject, text(''))).toThrow(expect.objectContaining(refusal));
    });

    test('refuses filters, ids and payloads that a server would not take', async () => {
      const bus = await openBus();
      expect(() => bus.subscribe('facet.>')).toThrow('facet.<area>');
      expect(() => bus.listen('facet.sae.>.x')).toThrow('facet.<area>');
      expect(() => bus.subscribe('facet.sae.x', { durable: 'a.b' })).toThrow('subscription name');
      await expect(bus.publish('facet.sae.x', text(''), { id: 'a b' })).rejects.toMatchObject({
        reason: 'ID_INVALID',
      });
      const large = new Uint8Array(1_000_001);
      const refusal = {
        kind: 'invalid',
        reason: 'PAYLOAD_TOO_LARGE',
        message: expect.stringContaining('1000001 bytes'),
      };
      await expect(bus.publish('facet.sae.x', large, { id: 'x' })).rejects.toMatchObject(refusal);
      await expect(bus.enqueue('train', { id: 'x', payload: large })).rejects.toMatchObject(refusal);
      await expect(
        bus.publish('facet.sae.x', large.subarray(1), { id: unique('e') }),
      ).resolves.toBeUndefined();
    });
  });

  describe(`${name}: broadcast and listen`, () => {
    test('reaches those who listen now and nobody later', async () => {
      const [sender, receiver] = [await openBus(), await openBus()];
      const subject = `facet.training.${unique('run')}.progress`;
      sender.broadcast(subject, text('too early'));
      await sender.health();
      const listening = receiver.listen('facet.training.*.progress');
      await listening.ready;
      const received = first(listening, 2);
      sender.broadcast(subject, text('1'));
      sender.broadcast(subject, text('2'));
      const messages = await received;
      expect(messages.map(({ payload }) => read(payload))).toEqual(['1', '2']);
      expect(messages[0]?.subject).toBe(subject);
    });

    test('is not kept for durable subscribers', async () => {
      const bus = await openBus();
      const subject = `facet.training.${unique('live')}`;
      const subscription = bus.subscribe(subject, { durable: unique('d') });
      bus.broadcast(subject, text('live'));
      await bus.publish(subject, text('kept'), { id: unique('e') });
      expect((await first(subscription, 1)).map(({ payload }) => read(payload))).toEqual(['kept']);
    });
  });

  describe(`${name}: jobs`, () => {
    /** Runs workers on `buses` until `enough` jobs were handled. */
    async function workUntil(
      buses: EventBus[],
      kind: JobKind,
      handler: (job: Job, worker: number) => Promise<void>,
      enough: () => boolean | Promise<boolean>,
    ): Promise<void> {
      const stop = new AbortController();
      const workers = buses.map((bus, i) =>
        bus.work(kind, (job) => handler(job, i), { signal: stop.signal, retryDelayMs: 20, maxDeliver: 3 }),
      );
      await until(enough);
      stop.abort();
      await Promise.all(workers);
    }

    const idle = async (bus: EventBus, kind: JobKind) => {
      const { pending, active } = await bus.queueDepth(kind);
      return pending + active === 0;
    };

    test('runs every job once, shared among workers, and empties the queue', async () => {
      const buses = [await openBus(), await openBus(), await openBus()];
      const ids = Array.from({ length: 12 }, () => unique('set.v1/part'));
      for (const id of ids) await buses[0]!.enqueue('capture', { id, payload: text(`payload of ${id}`) });
      expect(await buses[0]!.queueDepth('capture')).toEqual({ pending: 12, active: 0 });
      const ran: string[] = [];
      const workersUsed = new Set<number>();
      const handler = async ({ id, payload, attempt }: Job, worker: number) => {
        expect(read(payload)).toBe(`payload of ${id}`);
        expect(attempt).toBe(1);
        ran.push(id);
        workersUsed.add(worker);
        await sleep(20);
      };
      await workUntil(buses, 'capture', handler, () => idle(buses[0]!, 'capture'));
      expect(ran.toSorted()).toEqual(ids.toSorted());
      expect(workersUsed.size).toBeGreaterThan(1);
    });

    test('does not queue an id again while it waits or runs, but does afterwards', async () => {
      const bus = await openBus();
      const id = unique('job');
      const enqueue = () => bus.enqueue('train', { id, payload: text('') });
      await enqueue();
      await enqueue();
      expect(await bus.queueDepth('train')).toEqual({ pending: 1, active: 0 });
      let runs = 0;
      const handler = async () => {
        runs++;
        await enqueue();
      };
      await workUntil([bus], 'train', handler, () => idle(bus, 'train'));
      expect(runs).toBe(1);
      await enqueue();
      expect(await bus.queueDepth('train')).toEqual({ pending: 1, active: 0 });
      await workUntil(
        [bus],
        'train',
        async () => {},
        () => idle(bus, 'train'),
      );
    });

    test('delivers again what a killed worker held, and not before', async () => {
      const bus = await openBus();
      const id = unique('orphan');
      await bus.enqueue('index', { id, payload: text('') });
      const doomed = await transport.startDoomedWorker('index');
      expect(await doomed.taken).toBe(id);
      // Its heartbeats keep the job although the lease has run out several times.
      const early = new AbortController();
      const seen: number[] = [];
      const working = bus.work('index', async ({ attempt }) => void seen.push(attempt), {
        signal: early.signal,
      });
      await sleep(3 * ACK_WAIT_MS);
      expect(seen).toEqual([]);
      await doomed.kill();
      await until(() => seen.length > 0);
      early.abort();
      await working;
      expect(seen).toEqual([2]);
    });

    test('keeps a long job with its one live worker', async () => {
      const buses = [await openBus(), await openBus()];
      await buses[0]!.enqueue('index', { id: unique('long'), payload: text('') });
      let running = 0;
      let most = 0;
      let runs = 0;
      const handler = async () => {
        runs++;
        most = Math.max(most, ++running);
        await sleep(4 * ACK_WAIT_MS);
        running--;
      };
      await workUntil(buses, 'index', handler, () => idle(buses[0]!, 'index'));
      expect({ runs, most }).toEqual({ runs: 1, most: 1 });
    });

    test('repeats a failed job and counts its attempts', async () => {
      const bus = await openBus();
      await bus.enqueue('train', { id: unique('flaky'), payload: text('') });
      const attempts: number[] = [];
      const handler = async ({ attempt }: Job) => {
        attempts.push(attempt);
        if (attempt < 3) throw new FacetError('unavailable', 'inference is away');
      };
      await workUntil([bus], 'train', handler, () => idle(bus, 'train'));
      expect(attempts).toEqual([1, 2, 3]);
    });

    test('gives a job up after maxDeliver attempts, with the reason', async () => {
      const bus = await openBus();
      const id = unique('hopeless');
      await bus.enqueue('train', { id, payload: text('keep me') });
      const handler = async () => {
        throw new Error('it broke again');
      };
      await workUntil([bus], 'train', handler, () => idle(bus, 'train'));
      const letter = (await bus.deadLetters('train')).find((dead) => dead.id === id);
      expect(letter).toMatchObject({ id, attempts: 3, reason: 'it broke again' });
      expect(read(letter!.payload)).toBe('keep me');
    });

    test.each(['invalid', 'precondition', 'not-found', 'cancelled'] as const)(
      'gives a job up at once after an error of kind %s, and says so first',
      async (kind) => {
        const bus = await openBus();
        const id = unique('terminal');
        await bus.enqueue('capture', { id, payload: text('') });
        let runs = 0;
        const told: string[] = [];
        await bus.enqueue('capture', { id: unique('next'), payload: text('') });
        const stop = new AbortController();
        const working = bus.work(
          'capture',
          async (job) => {
            if (job.id !== id) return;
            runs++;
            throw new FacetError(kind, 'no use');
          },
          {
            signal: stop.signal,
            onDeadLetter: async (letter) => void told.push(`${letter.id}: ${letter.reason}`),
          },
        );
        await until(() => idle(bus, 'capture'));
        stop.abort();
        await working;
        expect({ runs, told }).toEqual({ runs: 1, told: [`${id}: no use`] });
        expect((await bus.deadLetters('capture')).filter((letter) => letter.id === id)).toHaveLength(1);
      },
    );

    test('gives the job back when its worker is stopped', async () => {
      const bus = await openBus();
      await bus.enqueue('index', { id: unique('handed-over'), payload: text('') });
      const stop = new AbortController();
      const started = sleep(0).then(() => undefined);
      await started;
      const working = bus.work(
        'index',
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new FacetError('cancelled', 'stopping')), {
              once: true,
            });
            stop.abort();
          }),
        { signal: stop.signal },
      );
      await working;
      const attempts: number[] = [];
      await workUntil(
        [bus],
        'index',
        async ({ attempt }) => void attempts.push(attempt),
        () => idle(bus, 'index'),
      );
      expect(attempts).toEqual([2]);
    });

    test('lets running jobs finish on close, and acknowledges them', async () => {
      const [closing, other] = [await openBus(), await openBus()];
      await other.enqueue('train', { id: unique('finishing'), payload: text('') });
      let taken = () => {};
      const running = new Promise<void>((resolve) => {
        taken = resolve;
      });
      let finished = false;
      const working = closing.work('train', async ({ signal }) => {
        taken();
        await sleep(200);
        finished = !signal.aborted;
      });
      await running;
      await closing.close();
      await working;
      expect(finished).toBe(true);
      expect(await other.queueDepth('train')).toEqual({ pending: 0, active: 0 });
    });

    test('runs as many jobs at a time as asked for, no more', async () => {
      const bus = await openBus();
      for (let i = 0; i < 6; i++) await bus.enqueue('capture', { id: unique('parallel'), payload: text('') });
      let running = 0;
      let most = 0;
      const stop = new AbortController();
      const handler = async () => {
        most = Math.max(most, ++running);
        await sleep(100);
        running--;
      };
      const working = bus.work('capture', handler, { concurrency: 3, signal: stop.signal });
      await until(() => idle(bus, 'capture'));
      stop.abort();
      await working;
      expect(most).toBe(3);
    });
  });

  describe(`${name}: health`, () => {
    test('resolves while the transport is there', async () => {
      await expect((await openBus()).health()).resolves.toBeUndefined();
    });
  });
}
