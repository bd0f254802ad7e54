import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FacetError } from '@facet/errors';
import { type Caller, createScheduler, type Scheduler } from './scheduler.ts';

const limits = { readerMs: 60_000, stallMs: 60_000 };
const lasting = new AbortController().signal;
setMaxListeners(0, lasting);
const forever: Caller = { signal: lasting, readerLagMs: () => 0, end: () => {} };

/** A caller that can leave, and that is `lagMs` behind in reading. */
function caller(lagMs = 0) {
  const controller = new AbortController();
  const ended: FacetError[] = [];
  return {
    signal: controller.signal,
    leave: () => controller.abort(),
    readerLagMs: () => lagMs,
    ended,
    end(error: FacetError) {
      ended.push(error);
      controller.abort(error);
    },
  };
}

describe('createScheduler', () => {
  test('lets requests take turns step by step', async () => {
    const scheduler = createScheduler({ ...limits, steps: 1, active: 2, waiting: 0 });
    const order: string[] = [];
    const work = async (name: string) => {
      const admission = await scheduler.admit(forever);
      for (let step = 0; step < 3; step++)
        await admission.step(async () => {
          order.push(name);
          await nextTurn();
        });
      admission.leave();
    };
    await Promise.all([work('a'), work('b')]);
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(scheduler.load()).toEqual({ active: 0, waiting: 0, stepsRun: 6 });
  });

  test('runs no more steps at once than it may', async () => {
    const scheduler = createScheduler({ ...limits, steps: 2, active: 8, waiting: 0 });
    let running = 0;
    let most = 0;
    const work = async () => {
      const admission = await scheduler.admit(forever);
      await admission.step(async () => {
        most = Math.max(most, ++running);
        await nextTurn();
        running--;
      });
      admission.leave();
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(most).toBe(2);
  });

  test('refuses a request when the places and the queue are full, and admits in order of arrival', async () => {
    const scheduler = createScheduler({ ...limits, steps: 1, active: 1, waiting: 2 });
    const first = await scheduler.admit(forever);
    const order: number[] = [];
    const arrive = async (name: number) => {
      const admission = await scheduler.admit(forever);
      order.push(name);
      return admission;
    };
    const second = arrive(2);
    const third = arrive(3);
    await expect(scheduler.admit(forever)).rejects.toMatchObject({
      kind: 'exhausted',
      reason: 'TOO_MANY_REQUESTS',
      message: expect.stringContaining('1 requests run and 2 wait'),
    });
    first.leave();
    (await second).leave();
    (await third).leave();
    expect(order).toEqual([2, 3]);
    expect(scheduler.load()).toMatchObject({ active: 0, waiting: 0 });
  });

  test('gives a place back once only, and after a step that failed', async () => {
    const scheduler = createScheduler({ ...limits, steps: 1, active: 1, waiting: 0 });
    const admission = await scheduler.admit(forever);
    await expect(admission.step(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(admission.step(async () => 'next')).resolves.toBe('next');
    admission.leave();
    admission.leave();
    expect(scheduler.load().active).toBe(0);
  });

  test('forgets a waiting request whose caller is gone', async () => {
    const scheduler = createScheduler({ ...limits, steps: 1, active: 1, waiting: 1 });
    const first = await scheduler.admit(forever);
    const gone = caller();
    const waiting = scheduler.admit(gone);
    gone.leave();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(scheduler.admit(gone)).rejects.toMatchObject({ kind: 'cancelled' });
    first.leave();
    expect(scheduler.load()).toMatchObject({ active: 0, waiting: 0 });
  });

  test('frees the place of a request whose caller is gone, whatever its handler waits for', async () => {
    const scheduler = createScheduler({ ...limits, steps: 1, active: 1, waiting: 1 });
    const gone = caller();
    const hanging = await scheduler.admit(gone);
    const next = scheduler.admit(forever);
    gone.leave();
    const admission = await next;
    await expect(hanging.step(async () => 'late')).rejects.toMatchObject({ kind: 'cancelled' });
    hanging.leave();
    expect(scheduler.load().active).toBe(1);
    admission.leave();
    expect(scheduler.load().active).toBe(0);
  });

  test('ends the request whose reader is furthest behind, one for each that waits, and only while one waits', async () => {
    const scheduler = createScheduler({ ...limits, readerMs: 1000, steps: 1, active: 3, waiting: 2 });
    const readers = [caller(1500), caller(3000), caller(999)];
    for (const reader of readers) await scheduler.admit(reader);
    const first = await scheduler.admit(forever);
    expect(readers.map(({ ended }) => ended.length)).toEqual([0, 1, 0]);
    expect(readers[1]!.ended[0]).toMatchObject({ kind: 'exhausted', reason: 'READER_TOO_SLOW' });
    await scheduler.admit(forever);
    expect(readers.map(({ ended }) => ended.length)).toEqual([1, 1, 0]);
    const third = scheduler.admit(forever);
    first.leave();
    await third;
    expect(readers[2]!.ended).toEqual([]);
  });

  test('tells that no step ends although requests wait, and that it is over', async () => {
    const scheduler = createScheduler({ ...limits, stallMs: 20, steps: 1, active: 2, waiting: 0 });
    scheduler.requireProgress();
    let finish = () => {};
    const hanging = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const [one, two] = [await scheduler.admit(forever), await scheduler.admit(forever)];
    const steps = [one.step(() => hanging), two.step(async () => {})];
    while (!isStalled(scheduler)) await nextTurn();
    expect(() => scheduler.requireProgress()).toThrow(
      /^2 requests wait, and no step of model work has ended for \d+ ms$/,
    );
    finish();
    await Promise.all(steps);
    expect(isStalled(scheduler)).toBe(false);
  });

  test('tells that requests wait for places that nobody gives back', async () => {
    const scheduler = createScheduler({ ...limits, stallMs: 20, steps: 1, active: 1, waiting: 1 });
    const idle = await scheduler.admit(forever);
    expect(isStalled(scheduler)).toBe(false);
    const waiting = scheduler.admit(forever);
    while (!isStalled(scheduler)) await nextTurn();
    idle.leave();
    (await waiting).leave();
    expect(isStalled(scheduler)).toBe(false);
  });
});

function isStalled({ requireProgress }: Scheduler): boolean {
  try {
    requireProgress();
    return false;
  } catch {
    return true;
  }
}
