import { FacetError } from '@facet/errors';
import { type DType, dtypeBytes } from './dtypes.ts';
import { decodeBF16, decodeF16, encodeBF16, encodeF16 } from './half.ts';

/** Element types that `decodeFloats` widens to f32. */
export type FloatDType = 'F32' | 'F16' | 'BF16';

/** Reads little-endian `bytes` as f32 values; F32 that lies aligned is viewed, anything else is copied. */
export function decodeFloats(bytes: Uint8Array, dtype: DType, what: string): Float32Array {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16')
    throw new FacetError('invalid', `${what} has dtype ${dtype}; expected F32, F16 or BF16`);
  if (bytes.byteLength % dtypeBytes(dtype) !== 0)
    throw new FacetError('invalid', `${what} has ${bytes.byteLength} bytes; not a whole number of ${dtype}`);
  const aligned = alignedTo(bytes, dtypeBytes(dtype));
  if (dtype === 'F32') return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const codes = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  return dtype === 'F16' ? decodeF16(codes) : decodeBF16(codes);
}

/**
 * Writes f32 `values` as little-endian bytes of `dtype`, rounding to nearest even; F32 is viewed, not copied.
 */
export function encodeFloats(values: Float32Array, dtype: FloatDType): Uint8Array {
  if (dtype === 'F32') return bytesOf(values);
  return bytesOf(dtype === 'F16' ? encodeF16(values) : encodeBF16(values));
}

/** Views the memory of any typed array as bytes. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Returns `bytes` itself where it starts on a multiple of `alignment`, else a copy that does. */
export function alignedTo(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : new Uint8Array(bytes);
}
