import type { Evaluation, RunProgress, RunRecord } from './run-record.ts';
import { callThread } from './thread-call.ts';

/** What the thread of a run is given. */
export interface TrainingThreadInput {
  objectsUrl: string;
  record: RunRecord;
  threads: number;
}

/** What it tells. */
export type TrainingThreadReport = Omit<RunProgress, 'uid' | 'time'>;

export interface TrainingThreadOptions {
  signal: AbortSignal;
  onProgress: (progress: TrainingThreadReport) => void;
}

/** Runs one training run in a thread of its own; rejects with the FacetError that ended it. */
export function runTrainingThread(
  input: TrainingThreadInput,
  { signal, onProgress }: TrainingThreadOptions,
): Promise<Evaluation> {
  const file = new URL('../dist/training-worker.js', import.meta.url);
  return callThread({ file, input, signal, onReport: onProgress });
}
