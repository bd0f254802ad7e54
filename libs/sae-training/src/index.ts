export type { Checkpoint, Checkpointing, SavedCheckpoint } from './checkpoint.ts';
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
export type { HeldOutPoint } from './held-out.ts';
export type { HeldOutMetrics, TrainingMetrics } from './metrics.ts';
export { type HistoryPoint, MAX_HISTORY_POINTS, type StepMetrics } from './metrics-history.ts';
export type { TopkRecipeConfig } from './recipes/topk.ts';
export { createMemorySource, createPickedSource, type PickedRows, type RowSource } from './row-source.ts';
export { type TrainedSae, type TrainingProgress, type TrainSaeOptions, trainSae } from './train.ts';
export { TRAINING_SUSPENDED } from './training-loop.ts';
