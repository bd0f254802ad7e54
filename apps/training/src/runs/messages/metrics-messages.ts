import type { HeldOutMetricsPoint, TrainingMetricsPoint } from '@facet/contracts';
import type { HeldOutMetrics, MetricsPoint } from '../records/training-metrics.ts';

/** Writes a point of the curves; what is not known is NaN. */
export function toPoint(point: MetricsPoint): TrainingMetricsPoint {
  return {
    step: BigInt(point.step),
    tokens: BigInt(point.tokens),
    loss: point.loss ?? Number.NaN,
    l0: point.l0 ?? Number.NaN,
    fvu: point.fvu ?? Number.NaN,
    gradientNorm: point.gradientNorm ?? Number.NaN,
    deadFraction: point.deadFraction,
    learningRate: point.learningRate,
  };
}

/** Writes held-out metrics on the way; what is not known is NaN. */
export function toHeldOutPoint(point: HeldOutMetrics): HeldOutMetricsPoint {
  const fvu = point.fvu ?? Number.NaN;
  return {
    step: BigInt(point.step),
    heldOutTokens: BigInt(point.heldOutTokens),
    l0: point.l0 ?? Number.NaN,
    fvu,
    explainedVariance: 1 - fvu,
    meanCosine: point.meanCosine ?? Number.NaN,
    meanNormRatio: point.meanNormRatio ?? Number.NaN,
  };
}
