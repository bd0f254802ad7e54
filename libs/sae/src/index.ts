export { decode } from './decode.ts';
export { decoderNorms } from './decoder-norms.ts';
export { encodeReference } from './encode-reference.ts';
export { type FeatureRows, featureRows, type ThresholdSource } from './feature-rows.ts';
export { detectFormat, readSae, writeSae } from './formats/formats.ts';
export {
  MAX_WEIGHTS_BYTES,
  type ReadOptions,
  type ReadSae,
  SAE_FORMATS,
  type SaeFiles,
  type SaeFormat,
  type WrittenSae,
} from './formats/sae-format.ts';
export { type NamedHookPoint, resolveHookName } from './hook-names.ts';
export {
  ARCHITECTURES,
  type Architecture,
  checkConfig,
  checkSae,
  isBatchwise,
  lacksThreshold,
  MAX_D_IN,
  MAX_D_SAE,
  NORMALIZATIONS,
  type Normalization,
  type Sae,
  type SaeConfig,
  type SaeMetadata,
  type SparseActivations,
  usesThreshold,
  withThreshold,
} from './sae.ts';
export { createSaeEncoder, type SaeEncoder, type SaeEncoderOptions } from './sae-encoder.ts';
export {
  readSaelens,
  SAELENS_CONFIG_FILE,
  SAELENS_SPARSITY_FILE,
  SAELENS_WEIGHTS_FILE,
  writeSaelens,
  writeSaelensSparsity,
} from './saelens.ts';
export { formatSaelensConfig, parseSaelensConfig } from './saelens-config.ts';
export type { SourceActivations, SourceModel } from './source-model.ts';
