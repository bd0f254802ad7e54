import { DataType, type Tensor } from '@facet/contracts';

/** Packs floats as a tensor message; the bytes are shared. */
export function f32Tensor(values: Float32Array, shape: readonly number[]): Tensor {
  return { dtype: DataType.F32, shape: [...shape], data: bytesOf(values) };
}

/** Packs token ids as a tensor message [n]. */
export function i32Tensor(values: Int32Array): Tensor {
  return { dtype: DataType.I32, shape: [values.length], data: bytesOf(values) };
}

/** Packs bytes as a tensor message [n]. */
export function u8Tensor(values: Uint8Array): Tensor {
  return { dtype: DataType.U8, shape: [values.length], data: bytesOf(values) };
}

/** Reads a tensor of floats. */
export function f32Of(tensor: Tensor | undefined, what: string): Float32Array {
  const bytes = alignedBytes(tensor, DataType.F32, what);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Reads a tensor of integers. */
export function i32Of(tensor: Tensor | undefined, what: string): Int32Array {
  const bytes = alignedBytes(tensor, DataType.I32, what);
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Reads a tensor of bytes. */
export function u8Of(tensor: Tensor | undefined, what: string): Uint8Array {
  if (tensor?.dtype !== DataType.U8) throw new Error(`inference sent no ${what}`);
  return Uint8Array.from(tensor.data);
}

function alignedBytes(tensor: Tensor | undefined, dtype: DataType, what: string): Uint8Array {
  if (tensor?.dtype !== dtype || tensor.data.byteLength % 4 !== 0)
    throw new Error(`inference sent no ${what}`);
  return tensor.data.byteOffset % 4 === 0 ? tensor.data : Uint8Array.from(tensor.data);
}

function bytesOf(values: Float32Array | Int32Array | Uint8Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
