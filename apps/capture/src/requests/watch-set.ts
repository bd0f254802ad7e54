import { setTimeout as sleep } from 'node:timers/promises';
import { linkSignals } from '@facet/mesh';
import { createRateMeter } from '@facet/mesh/rate-meter';
import type { CaptureContext } from '../capture-context.ts';
import { liveProgress } from '../jobs/live-progress.ts';
import { describeSet, type SetDescription } from './describe-set.ts';

/** A set as it is now, with what workers told since. */
export interface SetUpdate extends SetDescription {
  /** Rows captured, also of partitions that are under way. */
  rowsDone: number;
  /** Rows per second over the last few seconds. */
  rate: number;
}

/** The documents are read again at least this often: live messages are only hints. */
const REFRESH_MS = 1_000;
/** Updates are at least this far apart. */
const MIN_INTERVAL_MS = 150;
const FINAL_STATES = new Set<SetDescription['state']>(['ACTIVE', 'FAILED', 'CANCELLED']);

/**
 * Yields the set now and whenever it changed, at most a few times a second, and ends with its final state.
 */
export async function* watchSet(
  context: CaptureContext,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<SetUpdate> {
  const meter = createRateMeter();
  const first = await describeSet(context, id);
  const stop = new AbortController();
  const linked = linkSignals([signal, stop.signal]);
  const live = followProgress(context, first.record.uid, linked.signal);
  try {
    let last = '';
    for (;;) {
      signal.throwIfAborted();
      const description = await describeSet(context, id);
      const rowsDone = countRows(description, live.partitions);
      const rate = meter.measure(rowsDone, performance.now());
      const now = `${description.state} ${rowsDone} ${description.totalRows}`;
      if (now !== last) yield { ...description, rowsDone, rate };
      last = now;
      if (FINAL_STATES.has(description.state)) return;
      await sleep(MIN_INTERVAL_MS, undefined, { signal });
      await live.change(REFRESH_MS - MIN_INTERVAL_MS);
    }
  } finally {
    stop.abort();
    linked.dispose();
  }
}

interface LiveRows {
  /** Rows done of partitions that are under way. */
  partitions: Map<number, number>;
  /** Resolves when a worker has told something since the last call, or after `ms`. */
  change(ms: number): Promise<void>;
}

function followProgress({ bus }: CaptureContext, uid: string, signal: AbortSignal): LiveRows {
  const partitions = new Map<number, number>();
  let changed = false;
  let wake: () => void = () => {};
  const listen = async () => {
    for await (const { partition, rows } of liveProgress(bus).listen(uid, signal)) {
      partitions.set(partition, rows);
      changed = true;
      wake();
    }
  };
  // Without live messages the documents are still read again every second.
  listen().catch(() => {});
  return {
    partitions,
    change: async (ms) => {
      if (!changed) {
        const timer = linkSignals([signal], ms);
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer.signal.addEventListener('abort', () => resolve(), { once: true });
          if (timer.signal.aborted) resolve();
        });
        timer.dispose();
      }
      changed = false;
    },
  };
}

function countRows({ committed }: SetDescription, live: ReadonlyMap<number, number>): number {
  let rows = 0;
  for (const count of committed.values()) rows += count;
  for (const [partition, count] of live) if (!committed.has(partition)) rows += count;
  return rows;
}
