import type { EngineSession, EngineState, EvaluationSums } from '../engines/engine.ts';
import { addSums, type HeldOutMetrics, heldOutMetricsOf } from '../training/metrics.ts';
import { type Blocks, blocksOf } from './batches.ts';
import type { RowSource } from './row-source.ts';

/** Metrics of held-out rows after some step. */
export interface HeldOutPoint extends HeldOutMetrics {
  /** Steps taken when it was measured. */
  step: number;
}

/** The held-out metrics of a run on its way. */
export interface HeldOutHistory {
  /** Whether to measure after `step` steps. */
  due(step: number): boolean;
  note(step: number, metrics: HeldOutMetrics): HeldOutPoint;
  points(): HeldOutPoint[];
  state(): EngineState;
}

/** Rows that are measured on the way; at the end all are. */
export const HELD_OUT_ROWS_ON_THE_WAY = 8192;

/** Times that held-out rows are measured on the way. */
const MEASUREMENTS = 20;
const FIELDS = ['step', 'held_out_rows', 'l0', 'fvu', 'explained_variance', 'cosine', 'norm_ratio'] as const;

/**
 * Measures the source's held-out rows, or the first `most` of them, with the weights of every session as they are; the
 * rows are read once.
 */
export async function measureHeldOut(
  sessions: readonly EngineSession[],
  source: RowSource,
  blocks: Blocks,
): Promise<HeldOutMetrics[]> {
  const sums = sessions.map((): EvaluationSums | undefined => undefined);
  for await (const block of blocksOf(source.heldOut(), blocks)) {
    for (const [i, session] of sessions.entries()) {
      session.fill(block, 0);
      sums[i] = addSums(sums[i], await session.evaluate(block.length / blocks.d_in));
    }
  }
  return sums.map(heldOutMetricsOf);
}

/** Starts an empty history of a run of `steps` steps. */
export function createHeldOutHistory(steps: number): HeldOutHistory {
  const stride = Math.ceil(steps / MEASUREMENTS);
  const values = new Float64Array(MEASUREMENTS * FIELDS.length);
  const count = new Uint32Array(1);
  const pointAt = (index: number) => {
    const entries = FIELDS.map((name, f) => [name, values[index * FIELDS.length + f]]);
    return Object.fromEntries(entries) as unknown as HeldOutPoint;
  };
  return {
    due: (step) => step % stride === 0 && step < steps,
    note(step, metrics) {
      const point: HeldOutPoint = { step, ...metrics };
      values.set(
        FIELDS.map((name) => point[name]),
        count[0]++ * FIELDS.length,
      );
      return point;
    },
    points: () => Array.from({ length: count[0] }, (_, index) => pointAt(index)),
    state: () =>
      new Map<string, Float64Array | Uint32Array>([
        ['values', values],
        ['count', count],
      ]),
  };
}
