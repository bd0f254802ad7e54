export { type ChatTemplate, type ChatTemplates, loadChatTemplates } from './chat/chat-templates.ts';
export { type ChatMessage, type RenderOptions, renderChat } from './chat/render-chat.ts';
export { parseModelConfig } from './config/model-config.ts';
export type { LayerSpec, ModelSpec, RotarySpec } from './config/model-spec.ts';
export { FAMILIES } from './families/registry.ts';
export { buildGraph, type ModelGraph } from './graph/build-graph.ts';
export { buildHeadGraph, HEAD_NAMES, type HeadKind } from './graph/build-head-graph.ts';
export {
  cacheNames,
  type GraphRequest,
  interventionInputs,
  interventionOutputs,
  NAMES,
  type Replacement,
  replacementInputs,
} from './graph/graph-request.ts';
export {
  HOOK_KINDS,
  type HookKind,
  type HookPoint,
  hookPointName,
  hookPoints,
  PATTERN,
  type ReadPoint,
  resolveHookPoint,
  resolveReadPoint,
} from './hooks/hook-points.ts';
export { cachedHeadWidth } from './ops/attention.ts';
export { isLengthDependent, positionOffset } from './ops/rope.ts';
export { loadTokenizer, type Tokenizer } from './tokens/tokenizer.ts';
export type { DecodeState, DecodeStream } from './tokens/tokenizer-stream.ts';
export type { CopyOptions } from './weights/copies/weight-copies.ts';
export { adapterFiles } from './weights/directory-checks.ts';
export { type FileChecks, rememberFileChecks } from './weights/file-checks.ts';
export { type MappedModel, mapWeights } from './weights/mapped-weights.ts';
export { loadModelDirectory, type ModelDirectory } from './weights/model-directory.ts';
export type { BlockWeights, Linear, ModelWeights, Norm, Weight } from './weights/model-weights.ts';
export type { Quantization } from './weights/quantized/quantize-rows.ts';
export {
  mapQuantizedWeights,
  packedBytesOf,
  quantizedSha256,
} from './weights/quantized/quantized-weights.ts';
export { guardWeights, type WeightGuard } from './weights/served-files.ts';
export {
  INDEX_FILE,
  readWeightIndex,
  resolveWeightFiles,
  SINGLE_FILE,
  weightFilesWithoutIndex,
} from './weights/weight-files.ts';
