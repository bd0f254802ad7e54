export type {
  Activations,
  BatchIntervention,
  BatchProof,
  BatchReplacement,
  ForwardRequest,
  ForwardResult,
  Generation,
  GenerationStep,
  ModelRuntime,
  ModelRuntimeOptions,
  OpenModelRuntime,
  ScoreComparison,
} from './model-runtime.ts';
export { openModelRuntime } from './open-model-runtime.ts';
