import { FacetError } from '@facet/errors';
import type { Stage, StageProgress } from '../progress.ts';
import { follow, type LongWork, type WorkView, watchToEnd } from './follow.ts';

/** Work whose watches give these views, one list for every time it is opened. */
function workOf(...watches: (WorkView | Error)[][]) {
  const cancelled: string[] = [];
  const work: LongWork<WorkView> = {
    name: 'trainingRuns/x',
    watch: async function* (signal) {
      for (const item of watches.shift() ?? []) {
        if (item instanceof Error) throw item;
        yield item;
        signal.throwIfAborted();
      }
    },
    cancel: async () => {
      cancelled.push('cancelled');
    },
    view: (view) => view,
  };
  return { work, cancelled };
}

function stageThatNotes() {
  const noted: StageProgress[] = [];
  const stage: Stage = { update: (progress) => noted.push(progress), done: () => {}, stopped: () => {} };
  return { stage, noted };
}

const progressAt = (done: bigint) => ({
  stage: 'training',
  done,
  total: 10n,
  unit: 'tokens',
  rate: 5,
  etaSeconds: 1,
});
const running = (done: bigint): WorkView => ({ state: 'RUNNING', progress: progressAt(done) });
const succeeded: WorkView = { state: 'SUCCEEDED' };
const never = new AbortController().signal;

describe('follow', () => {
  test('reports progress and gives the final resource', async () => {
    const { work, cancelled } = workOf([running(2n), running(7n), succeeded]);
    const { stage, noted } = stageThatNotes();
    expect(await follow(work, stage, never)).toBe(succeeded);
    expect(noted.map(({ done, total }) => [done, total])).toEqual([
      [2, 10],
      [7, 10],
    ]);
    expect(cancelled).toEqual([]);
  });

  test('opens a watch again that broke off', async () => {
    const gone = new FacetError('unavailable', 'gone');
    const { work } = workOf([running(2n), gone], [running(4n)], [succeeded]);
    expect(await follow(work, stageThatNotes().stage, never)).toBe(succeeded);
  });

  test('gives up on a service that stays away', async () => {
    const gone = () => [new FacetError('unavailable', 'gone')];
    const { work } = workOf(...Array.from({ length: 20 }, gone));
    await expect(follow(work, stageThatNotes().stage, never)).rejects.toThrow('gone');
  });

  test('throws the reason of work that failed, with the kind that the reason names', async () => {
    const error = { reason: 'EXHAUSTED', message: 'the disk is full; free 2 GiB' };
    const { work } = workOf([running(2n), { state: 'FAILED', error }]);
    await expect(follow(work, stageThatNotes().stage, never)).rejects.toMatchObject({
      kind: 'exhausted',
      message: 'the disk is full; free 2 GiB',
    });
  });

  test('says so when somebody else cancelled', async () => {
    const { work } = workOf([{ state: 'CANCELLED' }]);
    await expect(follow(work, stageThatNotes().stage, never)).rejects.toMatchObject({ kind: 'aborted' });
  });

  test('cancels the work at the service when interrupted', async () => {
    const interruption = new AbortController();
    const { work, cancelled } = workOf([running(2n), running(3n), succeeded]);
    const { stage } = stageThatNotes();
    const following = follow(work, { ...stage, update: () => interruption.abort() }, interruption.signal);
    await expect(following).rejects.toMatchObject({ kind: 'cancelled' });
    expect(cancelled).toEqual(['cancelled']);
  });
});

describe('watchToEnd', () => {
  test('leaves the work running when interrupted', async () => {
    const interruption = new AbortController();
    const { work, cancelled } = workOf([running(2n), running(3n), succeeded]);
    const { stage } = stageThatNotes();
    const watching = watchToEnd(work, { ...stage, update: () => interruption.abort() }, interruption.signal);
    await expect(watching).rejects.toThrow();
    expect(cancelled).toEqual([]);
  });
});
