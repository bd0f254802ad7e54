import type { Job } from '@facet/events';
import { type Logger, linkSignals } from '@facet/mesh';
import type { LiveRuns } from '../runs/live-runs.ts';
import type { MemberOutcome, RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { RunEvents } from '../runs/run-events.ts';
import { createProgressKeeper } from './progress-keeper.ts';
import { runTrainingThread } from './training-thread.ts';

export interface TrainRunDependencies {
  runs: RunStore;
  live: LiveRuns;
  events: RunEvents;
  objectsUrl: string;
  threads: number;
  /** Who trains, for people: host and process. */
  worker: string;
  logger: Logger;
}

/**
 * A service that stops waits this long for the step under way, and a checkpoint after it; then the step is given up, and the
 * run goes on from the checkpoint before. With 10 s for open calls it is less than the 30 s that Kubernetes gives.
 */
const STEP_GRACE_MS = 15_000;

/** Trains in a thread until done, cancelled or paused by a caller, or stopped with this worker. */
export async function trainRun(
  dependencies: TrainRunDependencies,
  record: RunRecord,
  { signal: stop, attempt }: Job,
): Promise<MemberOutcome[]> {
  const { runs, live, events, objectsUrl, threads, worker, logger } = dependencies;
  await runs.markStarted(record.id, { uid: record.uid, time: new Date().toISOString() });
  const [cancel, pause] = [new AbortController(), new AbortController()];
  const suspend = linkSignals([stop, pause.signal]);
  const ended = new AbortController();
  const listening = [
    abortOn(live.cancels.listen(record.id, ended.signal), cancel, ended.signal),
    abortOn(live.pauses.listen(record.id, ended.signal), pause, ended.signal),
  ];
  const keep = createProgressKeeper(dependencies, record);
  const disarm = abortAfter(stop, cancel, STEP_GRACE_MS);
  logger.info({ run: record.id, attempt }, 'training');
  try {
    return await runTrainingThread(
      { objectsUrl, record, threads, worker, attempt },
      {
        signal: cancel.signal,
        suspend: suspend.signal,
        onReport(report) {
          if (report.type === 'progress') keep.note(report.progress);
          else {
            const sent = events.metricsRecorded(record, report.metrics, report.member);
            keep.during(sent, 'points of the curves were not sent');
          }
        },
        onStillComputing: () => logger.warn({ run: record.id }, 'asked to end, the run still computes'),
      },
    );
  } finally {
    disarm();
    ended.abort();
    suspend.dispose();
    await Promise.all(listening);
    await keep.settle();
  }
}

/** Aborts `controller` when `signal` has been aborted for `graceMs`; returns how to prevent that. */
function abortAfter(signal: AbortSignal, controller: AbortController, graceMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => controller.abort(), graceMs);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', start);
  };
}

async function abortOn(
  messages: AsyncIterable<object>,
  controller: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const _ of messages) controller.abort();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
