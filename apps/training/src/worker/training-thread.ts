import type { MemberOutcome, RunProgress, RunRecord } from '../runs/records/run-record.ts';
import type { RunMetrics } from '../runs/records/training-metrics.ts';
import { callThread } from '../threads/thread-call.ts';

/** What the thread of a run is given. */
export interface TrainingThreadInput {
  objectsUrl: string;
  record: RunRecord;
  threads: number;
  /** Who trains, for people. */
  worker: string;
  /** Deliveries of the job. */
  attempt: number;
}

/** What it tells. */
export type TrainingThreadReport =
  | { type: 'progress'; progress: Omit<RunProgress, 'uid' | 'time'> }
  | { type: 'metrics'; metrics: RunMetrics; member: number };

export interface TrainingThreadOptions {
  signal: AbortSignal;
  suspend: AbortSignal;
  onReport: (report: TrainingThreadReport) => void;
  /** Called again and again while a thread that was asked to end still computes. */
  onStillComputing: () => void;
}

/** Runs one training run in a thread of its own; rejects with the FacetError that ended it. */
export function runTrainingThread(
  input: TrainingThreadInput,
  options: TrainingThreadOptions,
): Promise<MemberOutcome[]> {
  const file = new URL('../../dist/worker/training-worker.js', import.meta.url);
  return callThread({ file, input, ...options });
}
