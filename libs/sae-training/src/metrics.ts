import type { EvaluationSums } from './engine.ts';

/** What is known of a trained SAE; every mean is over rows, dataset means as semantics demand. */
export interface TrainingMetrics {
  /** Rows of the held-out set. */
  held_out_rows: number;
  /** Mean features fired per held-out row. */
  l0: number;
  /** Σ‖x − x̂‖² / Σ‖x − mean‖², mean over the whole held-out set. */
  fvu: number;
  /** 1 − fvu. */
  explained_variance: number;
  /** Share of features silent over the last `dead_window_tokens` rows of training. */
  dead_fraction: number;
  dead_window_tokens: number;
  /** Rows trained on, repeats counted. */
  trained_tokens: number;
  engine: string;
}

/** Adds the sums of one more block to `total`. */
export function addSums(total: EvaluationSums | undefined, block: EvaluationSums): EvaluationSums {
  if (total === undefined) return { ...block, column_sums: block.column_sums.slice() };
  for (let j = 0; j < total.column_sums.length; j++) total.column_sums[j] += block.column_sums[j];
  total.rows += block.rows;
  total.squared_error += block.squared_error;
  total.squared_norm += block.squared_norm;
  total.firings += block.firings;
  return total;
}

/**
 * Reads l0 and fvu off the sums of a whole set; both are NaN for no rows, fvu is NaN where the rows do not
 * vary.
 */
export function evaluationOf(sums: EvaluationSums | undefined): { rows: number; l0: number; fvu: number } {
  if (sums === undefined) return { rows: 0, l0: Number.NaN, fvu: Number.NaN };
  const { rows, squared_error, squared_norm, column_sums, firings } = sums;
  const variance = squared_norm - column_sums.reduce((total, sum) => total + sum * sum, 0) / rows;
  return { rows, l0: firings / rows, fvu: variance > 0 ? squared_error / variance : Number.NaN };
}
