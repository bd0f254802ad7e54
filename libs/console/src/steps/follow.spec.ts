import { FacetError } from '@facet/errors';
import type { Stage, StageProgress } from '../command/progress.ts';
import { doWork, type LongWork, type WorkView, watchToEnd } from './follow.ts';

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

function invocationThatNotes(signal = new AbortController().signal) {
  const noted: StageProgress[] = [];
  const said: string[] = [];
  const stage: Stage = {
    update: (progress) => noted.push(progress),
    done: (outcome) => said.push(outcome),
    stopped: (reason) => said.push(reason),
  };
  return { noted, said, stage, progress: { stage: () => stage, note: () => {}, close: () => {} }, signal };
}

const stepOf = (work: LongWork<WorkView>, start: () => Promise<void> = async () => {}) => ({
  title: 'train',
  work,
  start,
  outcome: () => 'all went well',
});

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

describe('doWork', () => {
  test('reports progress and gives the final resource', async () => {
    const { work, cancelled } = workOf([running(2n), running(7n), succeeded]);
    const invocation = invocationThatNotes();
    expect(await doWork(stepOf(work), invocation)).toBe(succeeded);
    expect(invocation.noted.map(({ done, total }) => [done, total])).toEqual([
      [2, 10],
      [7, 10],
    ]);
    expect(invocation.said).toEqual(['all went well']);
    expect(cancelled).toEqual([]);
  });

  test('opens a watch again that broke off', async () => {
    const gone = new FacetError('unavailable', 'gone');
    const { work } = workOf([running(2n), gone], [running(4n)], [succeeded]);
    expect(await doWork(stepOf(work), invocationThatNotes())).toBe(succeeded);
  });

  test('gives up on a service that stays away', async () => {
    const gone = () => [new FacetError('unavailable', 'gone')];
    const { work } = workOf(...Array.from({ length: 20 }, gone));
    await expect(doWork(stepOf(work), invocationThatNotes())).rejects.toThrow('gone');
  });

  test('throws the reason of work that failed, with the kind that the reason names', async () => {
    const error = { reason: 'EXHAUSTED', message: 'the disk is full; free 2 GiB' };
    const { work } = workOf([running(2n), { state: 'FAILED', error }]);
    const invocation = invocationThatNotes();
    await expect(doWork(stepOf(work), invocation)).rejects.toMatchObject({
      kind: 'exhausted',
      message: 'the disk is full; free 2 GiB',
    });
    expect(invocation.said).toEqual(['failed']);
  });

  test('says so when somebody else cancelled', async () => {
    const { work } = workOf([{ state: 'CANCELLED' }]);
    await expect(doWork(stepOf(work), invocationThatNotes())).rejects.toMatchObject({ kind: 'aborted' });
  });

  test.each(['while it is created', 'while it works'])(
    'cancels at the service when interrupted %s',
    async (when) => {
      const interruption = new AbortController();
      const { work, cancelled } = workOf([running(2n), running(3n), succeeded]);
      const invocation = invocationThatNotes(interruption.signal);
      invocation.stage.update = () => interruption.abort();
      const start = async () => {
        if (when === 'while it is created') interruption.abort();
        interruption.signal.throwIfAborted();
      };
      await expect(doWork(stepOf(work, start), invocation)).rejects.toMatchObject({ kind: 'cancelled' });
      expect(cancelled).toEqual(['cancelled']);
      expect(invocation.said).toEqual(['interrupted']);
    },
  );
});

describe('watchToEnd', () => {
  test('leaves the work running when interrupted', async () => {
    const interruption = new AbortController();
    const { work, cancelled } = workOf([running(2n), running(3n), succeeded]);
    const { stage } = invocationThatNotes();
    stage.update = () => interruption.abort();
    await expect(watchToEnd(work, stage, interruption.signal)).rejects.toThrow();
    expect(cancelled).toEqual([]);
  });
});
