export { requireRange } from './checks.ts';
export type { ResolvedConfig, TrainingConfig } from './config.ts';
export type {
  EngineMemoryPlan,
  EngineSession,
  EngineState,
  EvaluationSums,
  StateArray,
  StepStatistics,
  TrainingEngine,
} from './engines/engine.ts';
export { ENGINE_NAMES, engineOf } from './engines/registry.ts';
export type {
  BatchtopkRecipeConfig,
  GatedRecipeConfig,
  JumpreluRecipeConfig,
  MatryoshkaRecipeConfig,
  RecipeConfig,
  StandardRecipeConfig,
  TopkRecipeConfig,
} from './recipes/recipe-config.ts';
export { RECIPE_NAMES } from './recipes/registry.ts';
export { MAX_BATCH_ROWS, MAX_MEMBERS, MAX_NORM, MAX_TOKENS, resolveConfig } from './resolve-config.ts';
export type { HeldOutPoint } from './rows/held-out.ts';
export { INPUT_SCALES, type InputScale } from './rows/input-scale.ts';
export {
  createMemorySource,
  createPickedSource,
  type PickedRows,
  type RowSource,
} from './rows/row-source.ts';
export {
  CALIBRATION_ROWS,
  type Calibrated,
  type CalibrationSample,
  calibrateThresholds,
  type PreActivationSource,
} from './schedule/calibrate-threshold.ts';
export { DECAY_SHAPES, type DecayShape } from './schedule/schedule.ts';
export { targetWarnings } from './schedule/target-miss.ts';
export type { Checkpoint, Checkpointing, SavedCheckpoint } from './training/checkpoint.ts';
export type { HeldOutMetrics, TrainingMetrics } from './training/metrics.ts';
export { type HistoryPoint, MAX_HISTORY_POINTS, type StepMetrics } from './training/metrics-history.ts';
export {
  type TrainedSae,
  type TrainingProgress,
  type TrainingResult,
  type TrainSaeOptions,
  type TrainSaesOptions,
  trainSae,
  trainSaes,
} from './training/train.ts';
export { TRAINING_SUSPENDED } from './training/training-loop.ts';
export { B_DEC_STARTS, type BDecStart } from './weights/b-dec-start.ts';
