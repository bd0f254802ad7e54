import type { EngineState } from '../engines/engine.ts';

/** What one step did, as it enters the history. */
export interface StepMetrics {
  loss: number;
  l0: number;
  /** NaN where the rows of the step do not vary. */
  fvu: number;
  gradient_norm: number;
  dead_fraction: number;
  learning_rate: number;
}

/** One point of the curves: means over the steps since the point before; dead_fraction and rate at its end. */
export interface HistoryPoint extends StepMetrics {
  /** Steps taken when it was made. */
  step: number;
  /** Rows trained on by then. */
  tokens: number;
}

/** Curves of a run with a bounded number of points, which a checkpoint holds whole. */
export interface MetricsHistory {
  /** Takes in the step that was just taken, counted from 1; returns a point where one is complete. */
  note(step: number, metrics: StepMetrics): HistoryPoint | undefined;
  points(): HistoryPoint[];
  state(): EngineState;
}

/** Most points of a run's curves. */
export const MAX_HISTORY_POINTS = 1000;

const MEANS = ['loss', 'l0', 'fvu', 'gradient_norm'] as const;
const LATEST = ['dead_fraction', 'learning_rate'] as const;
const FIELDS = [...MEANS, ...LATEST];

/** Starts empty curves of a run of `steps` steps of `batch_rows` rows. */
export function createMetricsHistory({
  steps,
  batch_rows,
}: {
  steps: number;
  batch_rows: number;
}): MetricsHistory {
  const stride = Math.ceil(steps / MAX_HISTORY_POINTS);
  const values = new Float64Array(Math.ceil(steps / stride) * FIELDS.length);
  const sums = new Float64Array(MEANS.length);
  const count = new Uint32Array(1);
  const pointAt = (index: number): HistoryPoint => {
    const step = Math.min(steps, (index + 1) * stride);
    const fields = FIELDS.map((name, f) => [name, values[index * FIELDS.length + f]]);
    return { step, tokens: step * batch_rows, ...Object.fromEntries(fields) };
  };
  return {
    note(step, metrics) {
      for (const [f, name] of MEANS.entries()) sums[f] += metrics[name];
      if (step % stride !== 0 && step !== steps) return undefined;
      const index = count[0]++;
      const stepsSummed = step - index * stride;
      for (const [f, name] of FIELDS.entries()) {
        values[index * FIELDS.length + f] = f < MEANS.length ? sums[f] / stepsSummed : metrics[name];
      }
      sums.fill(0);
      return pointAt(index);
    },
    points: () => Array.from({ length: count[0] }, (_, index) => pointAt(index)),
    state: () =>
      new Map<string, Float64Array | Uint32Array>([
        ['values', values],
        ['sums', sums],
        ['count', count],
      ]),
  };
}
