export { type DType, dtypeBytes, elementCount, isDType, type TypedArray } from './dtypes.ts';
export { bytesOf, decodeFloats, encodeFloats, type FloatDType } from './floats.ts';
export { decodeBF16, decodeF16, encodeBF16, encodeF16 } from './half.ts';
export { requireFinite } from './require-finite.ts';
export { openSafetensors, readSafetensorsHeader, type SafetensorsFile } from './safetensors-file.ts';
export {
  MAX_HEADER_BYTES,
  MAX_RANK,
  MAX_TENSORS,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.ts';
export { parseSafetensors, type SafetensorsView } from './safetensors-view.ts';
export { serializeSafetensors, type TensorData } from './safetensors-write.ts';
