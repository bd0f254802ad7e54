export { buildGraph, type ModelGraph } from './build-graph.ts';
export { buildHeadGraph, HEAD_NAMES, type HeadKind } from './build-head-graph.ts';
export { FAMILIES, type Family } from './families.ts';
export {
  cacheNames,
  type GraphRequest,
  NAMES,
  portInputs,
  portOutputs,
  type Replacement,
  replacementInputs,
} from './graph-request.ts';
export {
  HOOK_KINDS,
  type HookKind,
  type HookPoint,
  hookPointName,
  hookPoints,
  resolveHookPoint,
} from './hook-points.ts';
export { parseModelConfig } from './model-config.ts';
export { loadModelDirectory, type ModelDirectory } from './model-directory.ts';
export type { ModelSpec } from './model-spec.ts';
export type { BlockWeights, ModelWeights, Weight } from './model-weights.ts';
export { klDivergence, logNormalizer } from './sampling/distributions.ts';
export {
  argmax,
  MAX_TEMPERATURE,
  requireSamplingOptions,
  type SampledToken,
  type SamplingOptions,
  sampleToken,
} from './sampling.ts';
export { createRandom } from './sampling-random.ts';
export { loadTokenizer, type Tokenizer } from './tokenizer.ts';
export type { DecodeState, DecodeStream } from './tokenizer-stream.ts';
