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
  Quantization,
  ScoreComparison,
} from './model-runtime.ts';
export { openModelRuntime } from './open-model-runtime.ts';
