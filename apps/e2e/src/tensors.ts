import { DataType, type Tensor } from '@facet/contracts';

/** A Float32Array as a message. */
export function f32Tensor(values: Float32Array, shape: number[]): Tensor {
  const data = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: DataType.F32, shape, data };
}

/** The values of an F32 message. */
export function f32Values(tensor: Tensor | undefined): Float32Array {
  if (tensor?.dtype !== DataType.F32) throw new Error(`expected an F32 tensor, got ${tensor?.dtype}`);
  return new Float32Array(new Uint8Array(tensor.data).buffer);
}

/** The values of an I32 message. */
export function i32Values(tensor: Tensor | undefined): Int32Array {
  if (tensor?.dtype !== DataType.I32) throw new Error(`expected an I32 tensor, got ${tensor?.dtype}`);
  return new Int32Array(new Uint8Array(tensor.data).buffer);
}
