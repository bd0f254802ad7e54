import type { TrainedSae } from '@facet/sae-training';
import { densityHistogram } from '../evaluation/reconstruction-tally.ts';
import type { Evaluation } from '../runs/records/run-record.ts';
import { finiteOrNull } from '../runs/records/training-metrics.ts';

/** What the training of an SAE is known by besides what the engine measured. */
export interface TrainingCircumstances {
  excludedRows: number;
  outlierRows: number;
  /** Seconds that the steps of the last worker took, and the tokens it trained on. */
  seconds: number;
  tokens: number;
  peakMemoryBytes: number;
  /** Times that the run went on from a checkpoint. */
  resumes: number;
}

/** Describes a trained SAE. */
export function evaluationOf(
  { metrics, firings }: TrainedSae,
  { seconds, tokens, ...circumstances }: TrainingCircumstances,
): Evaluation {
  const fired = Uint32Array.from(firings.counts);
  return {
    heldOutTokens: metrics.held_out_rows,
    l0: finiteOrNull(metrics.l0),
    ...(metrics.target_l0 > 0 && { targetL0: metrics.target_l0 }),
    fvu: finiteOrNull(metrics.fvu),
    meanCosine: finiteOrNull(metrics.cosine),
    meanNormRatio: finiteOrNull(metrics.norm_ratio),
    deadFraction: metrics.dead_fraction,
    deadWindowTokens: metrics.dead_window_tokens,
    density: { ...densityHistogram(fired, firings.rows), tokens: firings.rows },
    trainedTokens: metrics.trained_tokens,
    backend: metrics.backend,
    secondsPerMillionTokens: (seconds * 1e6) / tokens,
    ...circumstances,
  };
}

/**
 * Names metrics as they stand in the SAE's manifest; what is not known is left out, as is the time of an SAE that was
 * not trained alone.
 */
export function toMetrics(evaluation: Evaluation, { alone }: { alone: boolean }): Record<string, number> {
  const named = {
    held_out_tokens: evaluation.heldOutTokens,
    l0: evaluation.l0,
    target_l0: evaluation.targetL0,
    fvu: evaluation.fvu,
    explained_variance: evaluation.fvu === null ? null : 1 - evaluation.fvu,
    mean_cosine: evaluation.meanCosine,
    mean_norm_ratio: evaluation.meanNormRatio,
    dead_fraction: evaluation.deadFraction,
    dead_window_tokens: evaluation.deadWindowTokens,
    trained_tokens: evaluation.trainedTokens,
    excluded_rows: evaluation.excludedRows,
    outlier_rows: evaluation.outlierRows,
    seconds_per_million_tokens: alone ? evaluation.secondsPerMillionTokens : null,
  };
  const known = Object.entries(named).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known) as Record<string, number>;
}

/** Reads the metrics of a trained SAE's manifest. */
export function fromMetrics(metrics: Readonly<Record<string, number>>): Evaluation {
  return {
    heldOutTokens: metrics.held_out_tokens ?? 0,
    l0: metrics.l0 ?? null,
    targetL0: metrics.target_l0,
    fvu: metrics.fvu ?? null,
    meanCosine: metrics.mean_cosine ?? null,
    meanNormRatio: metrics.mean_norm_ratio ?? null,
    deadFraction: metrics.dead_fraction ?? 0,
    deadWindowTokens: metrics.dead_window_tokens ?? 0,
    trainedTokens: metrics.trained_tokens ?? 0,
    excludedRows: metrics.excluded_rows ?? 0,
    outlierRows: metrics.outlier_rows ?? 0,
    secondsPerMillionTokens: metrics.seconds_per_million_tokens ?? 0,
  };
}
