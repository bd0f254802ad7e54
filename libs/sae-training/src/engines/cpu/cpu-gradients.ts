import type { ResolvedConfig } from '../../config.ts';
import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import type { CpuPlan, PlanSizes } from './cpu-plan.ts';
import type { CpuWorkspace } from './cpu-workspace.ts';

/** Sums over the rows of a batch. */
export interface BatchSums {
  /** Σ‖x − x̂‖². */
  squared_error: number;
  /** Activations above 0. */
  firings: number;
}

/** What a recipe computes for one batch, beside the gradients that it leaves in the workspace. */
export interface BatchLoss extends BatchSums {
  loss: number;
  /** Rows whose decoder and gradients were computed dense, for too many features fired. */
  dense_rows: number;
}

/** Where a step is. */
export interface BatchStep {
  /** Steps taken before this one. */
  step: number;
  /** Dead features, ascending. */
  dead: Uint32Array;
}

/**
 * A recipe's arithmetic on the CPU engine. Rows of the batch are scaled, and centred by b_dec where the
 * recipe's encoder sees them so, before it is called.
 */
export interface CpuGradients<Config extends RecipeConfig = RecipeConfig> {
  /** Whether threads share the work, each encoding blocks in memory of its own, `stride` entries of every row. */
  threaded?: boolean;
  plan(config: ResolvedConfig<Required<Config>>, sizes: PlanSizes): CpuPlan;
  /**
   * Encodes and decodes the first `rows` rows as the published SAE would: leaves x̂ − x in `error`, and no
   * other trace.
   */
  evaluate(cpu: CpuWorkspace<Required<Config>>, rows: number): Promise<BatchSums>;
  /** Adds the gradients of the batch to the cleared gradient arrays, and counts the rows in which features fired. */
  train(cpu: CpuWorkspace<Required<Config>>, step: BatchStep): Promise<BatchLoss>;
  /** What the recipe does besides, after an update: dead features may begin anew. */
  afterUpdate?(cpu: CpuWorkspace<Required<Config>>, step: BatchStep): void;
}
