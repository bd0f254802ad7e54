import { createRateMeter } from '@facet/mesh/rate-meter';
import type { HeldOutPoint, HistoryPoint, TrainingProgress } from '@facet/sae-training';
import type { RunProgress, StepProgress } from '../runs/records/run-record.ts';
import { addMetrics, finiteOrNull, type RunMetrics, toRunMetrics } from '../runs/records/training-metrics.ts';

/** Progress without what its worker adds. */
export type TaskProgress = Omit<RunProgress, 'uid' | 'time'>;

export interface ReportTarget {
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  onProgress: (progress: TaskProgress) => void;
}

/** Progress is reported at most this often: several times a second, whatever a step takes. */
const REPORT_INTERVAL_MS = 200;
/** New points of the curves are gathered for this long. */
const METRICS_INTERVAL_MS = 2_000;

/** Reports how many rows were read. */
export function createReadingReporter(
  { now, onProgress }: ReportTarget,
  total: number,
): (done: number) => void {
  const meter = createRateMeter();
  let reportedMs = Number.NEGATIVE_INFINITY;
  return (done) => {
    if (now() - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = now();
    onProgress({ stage: 'reading', done, total, rate: meter.measure(done, reportedMs) });
  };
}

/** Reports that steps are computed and none is done yet: of large SAEs the first takes minutes. */
export function reportFirstStep({ onProgress }: Pick<ReportTarget, 'onProgress'>, at: FirstStep): void {
  const { step, steps, batch_rows } = at;
  if (step < steps)
    onProgress({ stage: 'training', done: step * batch_rows, total: steps * batch_rows, rate: 0 });
}

/** Steps taken before, steps in all, and rows of each. */
export interface FirstStep {
  step: number;
  steps: number;
  batch_rows: number;
}

/** Reports the steps of training, each with the number of its SAE; of several, those of all are told together. */
export function createTrainingReporter(
  { now, onProgress }: ReportTarget,
  count = 1,
): (progress: TrainingProgress, member: number) => void {
  const meter = createRateMeter();
  const members = Array.from({ length: count }, (): StepProgress | null => null);
  let reportedMs = Number.NEGATIVE_INFINITY;
  return (progress, member) => {
    const { step, steps, tokens } = progress;
    const nowMs = now();
    // A step counts in parts, as its SAEs take it, so that the rate of a large sweep does not jump.
    const done = tokens - (tokens / step) * (1 - (member + 1) / count);
    const rate = meter.measure(done, nowMs);
    members[member] = stepOf(progress, rate);
    if (step < steps && nowMs - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = nowMs;
    const total = Math.round((tokens / step) * steps);
    onProgress({
      stage: step < steps ? 'training' : 'evaluating',
      done: Math.floor(done),
      total,
      rate,
      ...(rate > 0 && { etaSeconds: (total - done) / rate }),
      ...(count === 1 ? { step: members[0]! } : { members: [...members] }),
    });
  };
}

function stepOf(progress: TrainingProgress, tokensPerSecond: number): StepProgress {
  const { step, steps, loss, l0, fvu, dead_fraction, learning_rate, gradient_norm } = progress;
  return {
    step,
    steps,
    loss,
    l0,
    fvu: finiteOrNull(fvu),
    deadFraction: dead_fraction,
    tokensPerSecond,
    learningRate: learning_rate,
    gradientNorm: gradient_norm,
  };
}

/** The curves as they grow: all of them for the run's record, new points in parcels for whoever keeps them. */
export interface MetricsReporter {
  note(points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[]): void;
  /** Everything noted. */
  all(): RunMetrics;
  /** Sends what has not been sent. */
  flush(): void;
}

/** Starts empty. */
export function createMetricsReporter(
  now: () => number,
  onMetrics: (metrics: RunMetrics) => void,
): MetricsReporter {
  const empty: RunMetrics = { points: [], heldOutPoints: [] };
  const known: RunMetrics = { points: [], heldOutPoints: [] };
  let waiting = empty;
  let sentMs = now();
  const flush = () => {
    if (waiting.points.length + waiting.heldOutPoints.length > 0) onMetrics(waiting);
    waiting = empty;
    sentMs = now();
  };
  return {
    note(points, heldOut) {
      const more = toRunMetrics(points, heldOut);
      known.points.push(...more.points);
      known.heldOutPoints.push(...more.heldOutPoints);
      waiting = addMetrics(waiting, more);
      if (now() - sentMs >= METRICS_INTERVAL_MS) flush();
    },
    all: () => known,
    flush,
  };
}
