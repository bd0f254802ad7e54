import { FacetError } from '@facet/errors';
import { decodeFloats } from '@facet/tensor';

/** Element types that weights, thresholds and counts are stored in, in safetensors spelling. */
export type NumberDType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32';

const BYTES: Readonly<Record<NumberDType, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4 };

/** Bytes of one element. */
export function numberBytes(dtype: NumberDType): number {
  return BYTES[dtype];
}

/** Reads little-endian `bytes` of any of these types as f32; F32 that lies aligned is viewed, anything else is copied. */
export function decodeNumbers(bytes: Uint8Array, dtype: string, what: string): Float32Array {
  if (dtype !== 'F64' && dtype !== 'I64' && dtype !== 'I32') {
    return decodeFloats(bytes, dtype as 'F32', what);
  }
  const size = numberBytes(dtype);
  if (bytes.byteLength % size !== 0) {
    throw new FacetError('invalid', `${what} has ${bytes.byteLength} bytes; not a whole number of ${dtype}`);
  }
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.byteLength / size;
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer, byteOffset, length));
  if (dtype === 'I32') return Float32Array.from(new Int32Array(buffer, byteOffset, length));
  return Float32Array.from(new BigInt64Array(buffer, byteOffset, length), Number);
}
