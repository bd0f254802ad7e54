import { setTimeout as sleep } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import type { EventBus, Job, JobKind } from '../event-bus.ts';
import { JOB_TAKEN_OVER } from '../lasting-errors.ts';
import { ACK_WAIT_MS, type Fixture, read, text, unique, until } from './transport-fixture.ts';

/** The contract of work queues. */
export function describeJobs(name: string, { transport, openBus }: Fixture): void {
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
      const doomed = await transport().startDoomedWorker('index');
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

    test('leaves a job alone whose handler says that it was taken over', async () => {
      const bus = await openBus();
      await bus.enqueue('train', { id: unique('taken-over'), payload: text('') });
      const attemptedMs: number[] = [];
      const handler = async ({ attempt }: Job) => {
        attemptedMs.push(performance.now());
        if (attempt === 1) throw new FacetError('aborted', 'another has it', { reason: JOB_TAKEN_OVER });
      };
      await workUntil([bus], 'train', handler, () => idle(bus, 'train'));
      // Nobody has it in truth: it comes again when the lease has run out, not before.
      expect(attemptedMs).toHaveLength(2);
      expect(attemptedMs[1]! - attemptedMs[0]!).toBeGreaterThan(ACK_WAIT_MS * 0.8);
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

    test('hands a job back when its worker is stopped, a dozen times, and it has lost no attempt', async () => {
      const bus = await openBus();
      await bus.enqueue('index', { id: unique('handed-over'), payload: text('') });
      const attempts: number[] = [];
      for (let restart = 0; restart < 12; restart++) {
        const stop = new AbortController();
        await bus.work('index', (job) => endWhenStopped(job, stop), { signal: stop.signal, maxDeliver: 3 });
      }
      await workUntil(
        [bus],
        'index',
        async ({ attempt }) => {
          attempts.push(attempt);
          if (attempt < 2) throw new Error('a failure costs one');
        },
        () => idle(bus, 'index'),
      );
      expect(attempts).toEqual([1, 2]);

      function endWhenStopped({ attempt, signal }: Job, stop: AbortController): Promise<void> {
        expect(attempt).toBe(1);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new FacetError('cancelled', 'stopping')), {
            once: true,
          });
          stop.abort();
        });
      }
    });

    test('hands a job back that comes while its worker is stopped', async () => {
      const bus = await openBus();
      const id = unique('late');
      for (let round = 0; round < 5; round++) {
        const stop = new AbortController();
        const working = bus.work('capture', async () => {}, { signal: stop.signal });
        stop.abort();
        await bus.enqueue('capture', { id, payload: text('') });
        await working;
        const attempts: number[] = [];
        const handler = async ({ attempt }: Job) => void attempts.push(attempt);
        await workUntil([bus], 'capture', handler, () => idle(bus, 'capture'));
        expect(attempts.every((attempt) => attempt === 1)).toBe(true);
      }
    });

    test('tells lost jobs from those that wait and those that run', async () => {
      const [bus, other] = [await openBus(), await openBus()];
      const [waits, runs, unknown] = [unique('waits'), unique('runs'), unique('unknown')];
      await bus.enqueue('train', { id: runs, payload: text('') });
      let finish = () => {};
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const stop = new AbortController();
      const working = other.work('train', () => held, { signal: stop.signal });
      await until(async () => (await bus.queueDepth('train')).active === 1);
      await bus.enqueue('train', { id: waits, payload: text('') });
      expect(await bus.lost('train', [waits, runs, unknown])).toEqual([unknown]);
      finish();
      await until(() => idle(bus, 'train'));
      stop.abort();
      await working;
      expect(await bus.lost('train', [waits, runs])).toEqual([waits, runs]);
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
}
