import { DataType, type Tensor, type TokenBatch } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { bytesOf, decodeFloats, elementCount, requireFinite } from '@facet/tensor';
import { MAX_TENSOR_BYTES } from './limits.ts';
import { sequenceAt, splitSequences, type TokenSequences } from './token-sequences.ts';

/** Writes single-precision values of `shape`. */
export function floatTensor(values: Float32Array, shape: readonly number[]): Tensor {
  return { dtype: DataType.F32, shape: [...shape], data: bufferOf(values) };
}

/** Writes token ids [n]. */
export function idTensor(ids: Int32Array): Tensor {
  return { dtype: DataType.I32, shape: [ids.length], data: bufferOf(ids) };
}

/** Writes flags [n], 0 or 1. */
export function flagTensor(flags: Uint8Array): Tensor {
  return { dtype: DataType.U8, shape: [flags.length], data: bufferOf(flags) };
}

/** Writes token sequences. */
export function tokenBatch({ ids, lengths }: TokenSequences): TokenBatch {
  return { tokenIds: idTensor(ids), lengths: [...lengths] };
}

/** Views the memory of `view` as a Buffer, without a copy. */
export function bufferOf(view: ArrayBufferView): Buffer {
  const { buffer, byteOffset, byteLength } = bytesOf(view);
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/**
 * Reads finite F32 values of `shape`, in which `n` stands for any extent; `field` is the request field. Throws
 * `invalid` for a missing tensor, another dtype or shape, a wrong number of bytes, NaN and infinities.
 */
export function readFloats(
  tensor: Tensor | undefined,
  shape: readonly (number | 'n')[],
  field: string,
): Float32Array {
  const { data } = checked(tensor, { dtype: DataType.F32, shape, field });
  const values = decodeFloats(data, 'F32', field);
  try {
    requireFinite(values, field);
  } catch (cause) {
    throw invalid((cause as Error).message, field, 'NON_FINITE_VALUE');
  }
  return values;
}

export interface TokenLimits {
  /** Most sequences, tokens of all together, and tokens of one. */
  maxSequences: number;
  maxTokens: number;
  maxLength: number;
  d_vocab: number;
}

/** Reads token sequences: none empty, none longer than `maxLength`, every id in the vocabulary. */
export function readTokenBatch(batch: TokenBatch, limits: TokenLimits, field: string): TokenSequences {
  const { lengths } = batch;
  if (lengths.length === 0 || lengths.length > limits.maxSequences)
    throw invalid(
      `${lengths.length} sequences; from 1 to ${limits.maxSequences} are possible`,
      `${field}.lengths`,
    );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > limits.maxTokens)
    throw invalid(`${total} tokens; the limit is ${limits.maxTokens}`, `${field}.lengths`, 'TOO_MANY_TOKENS');
  const tensor = checked(batch.tokenIds, {
    dtype: DataType.I32,
    shape: [total],
    field: `${field}.token_ids`,
  });
  const data = tensor.data.byteOffset % 4 === 0 ? tensor.data : new Uint8Array(tensor.data);
  const sequences = splitSequences(new Int32Array(data.buffer, data.byteOffset, total), lengths);
  requireSequences(sequences, limits, field);
  return sequences;
}

/** Refuses empty sequences, sequences longer than the context, and ids outside the vocabulary. */
export function requireSequences(
  sequences: TokenSequences,
  { maxLength, d_vocab }: Pick<TokenLimits, 'maxLength' | 'd_vocab'>,
  field: string,
): void {
  sequences.lengths.forEach((length, index) => {
    if (length === 0) throw invalid(`sequence ${index} has no tokens`, field, 'EMPTY_SEQUENCE');
    if (length > maxLength)
      throw invalid(
        `sequence ${index} has ${length} tokens; the context of the model is ${maxLength}`,
        field,
        'CONTEXT_EXCEEDED',
      );
    const wrong = sequenceAt(sequences, index).find((id) => id < 0 || id >= d_vocab);
    if (wrong !== undefined)
      throw invalid(`token id ${wrong} is outside the vocabulary of ${d_vocab}`, field, 'UNKNOWN_TOKEN');
  });
}

const ELEMENT_BYTES: Partial<Record<DataType, number>> = { [DataType.F32]: 4, [DataType.I32]: 4 };

interface Expected {
  dtype: DataType;
  shape: readonly (number | 'n')[];
  field: string;
}

function checked(tensor: Tensor | undefined, { dtype, shape, field }: Expected): Tensor {
  if (tensor === undefined) throw invalid('the tensor is missing', field);
  if (tensor.dtype !== dtype) throw invalid(`the tensor is ${tensor.dtype}; expected ${dtype}`, field);
  const fits =
    tensor.shape.length === shape.length && shape.every((n, i) => n === 'n' || n === tensor.shape[i]);
  if (!fits)
    throw invalid(
      `the tensor has shape [${tensor.shape.slice(0, 8)}]; expected [${shape.join(', ')}]`,
      field,
    );
  const bytes = elementCount(tensor.shape) * ELEMENT_BYTES[dtype]!;
  if (tensor.data.byteLength !== bytes)
    throw invalid(`the tensor has ${tensor.data.byteLength} bytes; its shape needs ${bytes}`, field);
  if (bytes > MAX_TENSOR_BYTES)
    throw invalid(
      `the tensor has ${bytes} bytes; the limit is ${MAX_TENSOR_BYTES}`,
      field,
      'TENSOR_TOO_LARGE',
    );
  return tensor;
}

function invalid(problem: string, field: string, reason = 'INVALID_TENSOR'): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
