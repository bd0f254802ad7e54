import type { RunSpec } from '../runs/records/run-record.ts';

/** A run that does not say when writes a checkpoint after this long. */
export const DEFAULT_CHECKPOINT_MINUTES = 5;
/** Checkpoints never take more than this share of the time: one that is slow to write comes less often. */
const MAX_TIME_SHARE = 0.05;

/** When the next checkpoint is due. */
export interface CheckpointPolicy {
  /** Whether one is due after `step` steps. */
  due(step: number): boolean;
  /** Takes note of one that was written in `tookMs`. */
  written(tookMs: number): void;
}

/** Counts steps and minutes as a run's spec says; `now` is in milliseconds and only goes forward. */
export function createCheckpointPolicy(
  { checkpointSteps = 0, checkpointMinutes = DEFAULT_CHECKPOINT_MINUTES }: RunSpec,
  now: () => number,
): CheckpointPolicy {
  let writtenMs = now();
  let intervalMs = checkpointMinutes > 0 ? checkpointMinutes * 60_000 : Number.POSITIVE_INFINITY;
  return {
    due: (step) => (checkpointSteps > 0 && step % checkpointSteps === 0) || now() - writtenMs >= intervalMs,
    written(tookMs) {
      writtenMs = now();
      intervalMs = Math.max(intervalMs, tookMs / MAX_TIME_SHARE);
    },
  };
}
