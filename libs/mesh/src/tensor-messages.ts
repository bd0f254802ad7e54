import { DataType, type Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { bytesOf, decodeFloats, elementCount } from '@facet/tensor';

/** Extents of a tensor, outermost first; `n` stands for any. */
export type TensorShape = readonly (number | 'n')[];

/** Writes single-precision values of `shape`, without a copy. */
export function floatTensor(values: Float32Array, shape: readonly number[]): Tensor {
  return tensorMessage(DataType.F32, shape, values);
}

/** Writes token ids, indices or offsets [n], without a copy. */
export function idTensor(ids: Int32Array | Uint32Array): Tensor {
  return tensorMessage(DataType.I32, [ids.length], ids);
}

/** Writes flags [n], 0 or 1, without a copy. */
export function flagTensor(flags: Uint8Array): Tensor {
  return tensorMessage(DataType.U8, [flags.length], flags);
}

/** Writes the memory of `data` as a tensor, without a copy. */
export function tensorMessage(dtype: DataType, shape: readonly number[], data: ArrayBufferView): Tensor {
  const { buffer, byteOffset, byteLength } = data;
  return { dtype, shape: [...shape], data: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength) };
}

/**
 * Reads tensors of a message, whose `field` an error names. It throws for a missing tensor, another element type or
 * shape, and a number of bytes that the shape does not need. What lies aligned is viewed, anything else is copied.
 */
export interface TensorReader {
  floats(tensor: Tensor | undefined, shape: TensorShape, field: string): Float32Array;
  ids(tensor: Tensor | undefined, shape: TensorShape, field: string): Int32Array;
  flags(tensor: Tensor | undefined, shape: TensorShape, field: string): Uint8Array;
  /** Checks a tensor of any element type and gives it back as it is. */
  check(tensor: Tensor | undefined, expected: ExpectedTensor, field: string): Tensor;
}

export interface ExpectedTensor {
  dtype: DataType;
  shape: TensorShape;
}

/** Reads tensors of requests: what does not fit is the caller's error, `invalid`. */
export const requestTensors = createTensorReader(
  (problem, field) => new FacetError('invalid', `${field}: ${problem}`, { field, reason: 'INVALID_TENSOR' }),
);

/** Reads tensors of a peer's answers: what does not fit is a defect of the peer and nobody's input error. */
export const answerTensors = createTensorReader(
  (problem, field) => new Error(`the answer is broken at ${field}: ${problem}`),
);

const ELEMENT_BYTES: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.F32]: 4,
  [DataType.F16]: 2,
  [DataType.BF16]: 2,
  [DataType.I32]: 4,
  [DataType.I64]: 8,
  [DataType.U8]: 1,
};

function createTensorReader(fail: (problem: string, field: string) => Error): TensorReader {
  const check: TensorReader['check'] = (tensor, { dtype, shape }, field) => {
    if (tensor === undefined) throw fail('the tensor is missing', field);
    if (tensor.dtype !== dtype) throw fail(`the tensor is ${tensor.dtype}; expected ${dtype}`, field);
    if (!fits(tensor.shape, shape))
      throw fail(`the tensor has shape [${tensor.shape.slice(0, 8)}]; expected [${shape.join(', ')}]`, field);
    const bytes = elementCount(tensor.shape) * ELEMENT_BYTES[dtype]!;
    if (tensor.data.byteLength !== bytes)
      throw fail(`the tensor has ${tensor.data.byteLength} bytes; its shape needs ${bytes}`, field);
    return tensor;
  };
  return {
    check,
    floats: (tensor, shape, field) =>
      decodeFloats(check(tensor, { dtype: DataType.F32, shape }, field).data, 'F32', field),
    ids: (tensor, shape, field) => int32Of(check(tensor, { dtype: DataType.I32, shape }, field).data),
    flags: (tensor, shape, field) => bytesOf(check(tensor, { dtype: DataType.U8, shape }, field).data),
  };
}

function fits(shape: readonly number[], expected: TensorShape): boolean {
  return shape.length === expected.length && expected.every((n, i) => n === 'n' || n === shape[i]);
}

/** A message's bytes may begin at any offset, an Int32Array may not. */
function int32Of(bytes: Uint8Array): Int32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}
