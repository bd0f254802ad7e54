import { setImmediate as nextTurn } from 'node:timers/promises';
import { createScheduler } from './scheduler.ts';

const forever = new AbortController().signal;

describe('createScheduler', () => {
  test('lets requests take turns step by step', async () => {
    const scheduler = createScheduler({ steps: 1, active: 2, waiting: 0 });
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
    const scheduler = createScheduler({ steps: 2, active: 8, waiting: 0 });
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
    const scheduler = createScheduler({ steps: 1, active: 1, waiting: 2 });
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
    const scheduler = createScheduler({ steps: 1, active: 1, waiting: 0 });
    const admission = await scheduler.admit(forever);
    await expect(admission.step(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(admission.step(async () => 'next')).resolves.toBe('next');
    admission.leave();
    admission.leave();
    expect(scheduler.load().active).toBe(0);
  });

  test('forgets a waiting request whose caller is gone', async () => {
    const scheduler = createScheduler({ steps: 1, active: 1, waiting: 1 });
    const first = await scheduler.admit(forever);
    const caller = new AbortController();
    const waiting = scheduler.admit(caller.signal);
    caller.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
    await expect(scheduler.admit(caller.signal)).rejects.toMatchObject({ kind: 'cancelled' });
    first.leave();
    expect(scheduler.load()).toMatchObject({ active: 0, waiting: 0 });
  });
});
