import type { EvaluationSums } from '../engines/engine.ts';

/** How rows that were held out are reconstructed; every number is of the same `held_out_rows` rows. */
export interface HeldOutMetrics {
  /** Rows of the held-out set that were measured. */
  held_out_rows: number;
  /** Mean features fired per row. */
  l0: number;
  /** Σ‖x − x̂‖² / Σ‖x − mean‖², mean over the whole measured set. */
  fvu: number;
  /** 1 − fvu. */
  explained_variance: number;
  /** Mean cosine of x and x̂. */
  cosine: number;
  /** Mean of ‖x̂‖ / ‖x‖. */
  norm_ratio: number;
}

/** What is known of a trained SAE; every mean is over rows, dataset means as semantics demand. */
export interface TrainingMetrics extends HeldOutMetrics {
  /** Features of a row that the recipe was asked for, its `k` or `target_l0`; 0 where it has neither. */
  target_l0: number;
  /** Share of features silent over the last `dead_window_tokens` rows of training. */
  dead_fraction: number;
  dead_window_tokens: number;
  /** Rows trained on, repeats counted. */
  trained_tokens: number;
  /** Engine that trained, without the backend that a caller may have named. */
  engine: string;
  /** What it ran on, where the engine has several choices; else empty. */
  backend: string;
}

/** Adds the sums of one more block to `total`. */
export function addSums(total: EvaluationSums | undefined, block: EvaluationSums): EvaluationSums {
  if (total === undefined) return { ...block, column_sums: block.column_sums.slice() };
  for (let j = 0; j < total.column_sums.length; j++) total.column_sums[j] += block.column_sums[j];
  const names = ['rows', 'squared_error', 'squared_norm', 'firings', 'cosine', 'norm_ratio'] as const;
  for (const name of names) total[name] += block[name];
  return total;
}

/** Reads metrics off the sums of a whole set; NaN for no rows, fvu also where the rows do not vary. */
export function heldOutMetricsOf(sums: EvaluationSums | undefined): HeldOutMetrics {
  const { rows, squared_error, squared_norm, column_sums, firings, cosine, norm_ratio } = sums ?? NO_ROWS;
  const variance = squared_norm - column_sums.reduce((total, sum) => total + sum * sum, 0) / rows;
  const fvu = variance > 0 ? squared_error / variance : Number.NaN;
  return {
    held_out_rows: rows,
    l0: firings / rows,
    fvu,
    explained_variance: 1 - fvu,
    cosine: cosine / rows,
    norm_ratio: norm_ratio / rows,
  };
}

const NO_ROWS: EvaluationSums = {
  rows: 0,
  squared_error: 0,
  squared_norm: 0,
  column_sums: new Float64Array(0),
  firings: 0,
  cosine: 0,
  norm_ratio: 0,
};
