export { defaultMemoryBytes, machineMemory, privateBytes } from './memory/machine-memory.ts';
export {
  createMemoryBudget,
  type MemoryAccount,
  type MemoryBudget,
  type MemoryCount,
  type MemoryHold,
  type MemoryPurpose,
  totalBytes,
} from './memory/memory-budget.ts';
export type {
  Activations,
  BatchIntervention,
  BatchProof,
  BatchReplacement,
  ForwardRequest,
  ForwardResult,
  Generation,
  GenerationStep,
  ModelMemory,
  ModelRuntime,
  ModelRuntimeOptions,
  OpenModelRuntime,
  Quantization,
  ScoreComparison,
} from './model-runtime.ts';
export { openModelRuntime } from './open-model-runtime.ts';
export type { RowSampler } from './sessions/session-protocol.ts';
