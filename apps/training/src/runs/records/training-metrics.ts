import type { HeldOutPoint, HistoryPoint } from '@facet/sae-training';
import { z } from 'zod';

const count = z.number().int().nonnegative();
/** JSON has no NaN. */
const measured = z.number().nullable();

const pointSchema = z.object({
  step: count,
  tokens: count,
  loss: measured,
  l0: measured,
  fvu: measured,
  gradientNorm: measured,
  deadFraction: z.number(),
  learningRate: z.number(),
});

const heldOutPointSchema = z.object({
  step: count,
  heldOutTokens: count,
  l0: measured,
  fvu: measured,
  meanCosine: measured,
  meanNormRatio: measured,
});

/** `metrics.json` and messages: the curves of a run, or new points of them. */
export const runMetricsSchema = z.object({
  points: z.array(pointSchema),
  heldOutPoints: z.array(heldOutPointSchema),
});

export type RunMetrics = z.infer<typeof runMetricsSchema>;
export type MetricsPoint = z.infer<typeof pointSchema>;
export type HeldOutMetrics = z.infer<typeof heldOutPointSchema>;

/** Writes points of the engine's curves as they are kept. */
export function toRunMetrics(points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[]): RunMetrics {
  return {
    points: points.map(({ step, tokens, loss, l0, fvu, gradient_norm, dead_fraction, learning_rate }) => ({
      step,
      tokens,
      loss: finiteOrNull(loss),
      l0: finiteOrNull(l0),
      fvu: finiteOrNull(fvu),
      gradientNorm: finiteOrNull(gradient_norm),
      deadFraction: dead_fraction,
      learningRate: learning_rate,
    })),
    heldOutPoints: heldOut.map(({ step, held_out_rows, l0, fvu, cosine, norm_ratio }) => ({
      step,
      heldOutTokens: held_out_rows,
      l0: finiteOrNull(l0),
      fvu: finiteOrNull(fvu),
      meanCosine: finiteOrNull(cosine),
      meanNormRatio: finiteOrNull(norm_ratio),
    })),
  };
}

/** Puts new points behind those that are known; a step that comes again replaces what came first. */
export function addMetrics(known: RunMetrics, more: RunMetrics): RunMetrics {
  return {
    points: byStep([...known.points, ...more.points]),
    heldOutPoints: byStep([...known.heldOutPoints, ...more.heldOutPoints]),
  };
}

/** What is not finite is not known. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function byStep<T extends { step: number }>(points: readonly T[]): T[] {
  const latest = new Map(points.map((point) => [point.step, point]));
  return [...latest.values()].sort((a, b) => a.step - b.step);
}
