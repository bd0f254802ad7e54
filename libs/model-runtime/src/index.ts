export type {
  Activations,
  EditProof,
  FeatureEdits,
  ForwardRequest,
  ForwardResult,
  Generation,
  GenerationStep,
  ModelRuntime,
  ModelRuntimeOptions,
  OpenModelRuntime,
  RowReplacement,
  ScoreComparison,
} from './model-runtime.ts';
export { openModelRuntime } from './open-model-runtime.ts';
