import type { ObjectStore } from '@facet/objects';
import type { RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { RunMetrics } from '../runs/records/training-metrics.ts';
import type { TaskProgress } from './training-reports.ts';

/** One attempt of a worker to train a run: its parts, its signals, and who is told. */
export interface TrainingTask {
  store: ObjectStore;
  runs: RunStore;
  record: RunRecord;
  /** Threads of the dense product; 0: one per core. */
  threads: number;
  /** Who trains, for people. */
  worker: string;
  /** Deliveries of the job. */
  attempt: number;
  signal: AbortSignal;
  /** Asks for a checkpoint and an end with TRAINING_SUSPENDED. */
  suspend: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  onProgress: (progress: TaskProgress) => void;
  /** New points of the curves of an SAE, by its number; where the run goes on from a checkpoint, first those before. */
  onMetrics: (metrics: RunMetrics, member: number) => void;
}
