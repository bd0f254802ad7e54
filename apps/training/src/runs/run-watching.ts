import { setTimeout as sleep } from 'node:timers/promises';
import { linkSignals } from '@facet/mesh';
import type { LiveRuns } from './live-runs.ts';
import type { Run, RunProgress } from './records/run-record.ts';
import { isResting, type RunStore } from './records/run-store.ts';

/** A watcher reads the run's documents again after this long without a live message. */
const WATCH_REFRESH_MS = 3_000;

/** Gives the run now and as it goes on; ends when it has ended or is paused. */
export async function* watchRun(
  { runs, live }: { runs: RunStore; live: LiveRuns },
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Run> {
  const stop = new AbortController();
  const linked = linkSignals([signal, stop.signal]);
  const messages = live.progress.listen(id, linked.signal);
  const latest = createLatest(messages);
  try {
    await messages.ready;
    let run = await runs.read(id);
    yield run;
    while (!isResting(run)) {
      const progress = await latest.next(WATCH_REFRESH_MS, signal);
      const known = progress !== undefined && progress.stage !== 'ended' && progress.uid === run.record.uid;
      const start = run.start ?? { uid: run.record.uid, time: progress?.time ?? '' };
      run = known ? { ...run, start, progress } : await runs.read(id);
      yield run;
    }
  } finally {
    stop.abort();
    linked.dispose();
    await latest.done;
  }
}

interface Latest {
  /** The newest message that was not given yet; undefined when none comes in time. */
  next(timeoutMs: number, signal: AbortSignal): Promise<RunProgress | undefined>;
  done: Promise<void>;
}

/** Keeps only the newest message, so that a slow watcher skips what is old. */
function createLatest(messages: AsyncIterable<RunProgress>): Latest {
  let newest: RunProgress | undefined;
  let wake: () => void = () => undefined;
  const collect = async () => {
    try {
      for await (const message of messages) {
        newest = message;
        wake();
      }
    } catch {
      // The watcher has gone or the bus is closed: the next read of the run tells.
    }
    wake();
  };
  const done = collect();
  return {
    done,
    async next(timeoutMs, signal) {
      signal.throwIfAborted();
      if (newest === undefined) {
        const arrived = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const timer = new AbortController();
        await Promise.race([
          arrived,
          sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
        signal.throwIfAborted();
      }
      const progress = newest;
      newest = undefined;
      return progress;
    },
  };
}
