import type { Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { requestTensors, type TensorShape } from '@facet/mesh';
import { requireFinite } from '@facet/tensor';
import { MAX_TENSOR_BYTES } from './limits.ts';

/**
 * Reads finite F32 values of `shape`, in which `n` stands for any extent; `field` is the request field. Throws
 * `invalid` for a missing tensor, another dtype or shape, a wrong number of bytes, NaN and infinities.
 */
export function readFloats(tensor: Tensor | undefined, shape: TensorShape, field: string): Float32Array {
  const values = requestTensors.floats(boundedTensor(tensor, field), shape, field);
  try {
    requireFinite(values, field);
  } catch (cause) {
    throw invalid((cause as Error).message, field, 'NON_FINITE_VALUE');
  }
  return values;
}

/** Refuses a tensor of more data than a message may carry. */
export function boundedTensor(tensor: Tensor | undefined, field: string): Tensor | undefined {
  const bytes = tensor?.data.byteLength ?? 0;
  if (bytes <= MAX_TENSOR_BYTES) return tensor;
  throw invalid(`the tensor has ${bytes} bytes; the limit is ${MAX_TENSOR_BYTES}`, field, 'TENSOR_TOO_LARGE');
}

function invalid(problem: string, field: string, reason = 'INVALID_TENSOR'): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
