export { requireRange } from './checks.ts';
export {
  MAX_BATCH_ROWS,
  MAX_TOKENS,
  type RecipeConfig,
  type ResolvedConfig,
  resolveConfig,
  type TrainingConfig,
} from './config.ts';
export {
  type EngineMemoryPlan,
  type EngineSession,
  type EngineState,
  type EvaluationSums,
  engineOf,
  type StateArray,
  type StepStatistics,
  type TrainingEngine,
} from './engine.ts';
export type { TrainingMetrics } from './metrics.ts';
export type { TopkRecipeConfig } from './recipes/topk.ts';
export { createMemorySource, type RowSource } from './row-source.ts';
export { type TrainedSae, type TrainingProgress, type TrainSaeOptions, trainSae } from './train.ts';
