import { FacetError } from '@facet/errors';
import { type DType, dtypeBytes, elementCount } from './dtypes.ts';
import { bytesOf } from './floats.ts';

/** One tensor to write: `data` is its row-major little-endian memory. */
export interface TensorData {
  dtype: DType;
  shape: readonly number[];
  data: ArrayBufferView;
}

/** Tensor data starts on a multiple of this, so that a reader may map every type in place. */
const DATA_ALIGNMENT = 8;

/**
 * Lays out a safetensors file as chunks to be written one after the other; no tensor is copied.
 * The header keeps the given order; the data is ordered by falling element size, which aligns every tensor
 * to its element without the holes that the format forbids.
 */
export function serializeSafetensors(
  tensors: Readonly<Record<string, TensorData>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const stored = Object.entries(tensors).sort(([, a], [, b]) => dtypeBytes(b.dtype) - dtypeBytes(a.dtype));
  const begins = new Map<string, number>();
  let position = 0;
  for (const [name, tensor] of stored) {
    requireMatchingBytes(name, tensor);
    begins.set(name, position);
    position += tensor.data.byteLength;
  }
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const begin = begins.get(name)!;
    header[name] = { dtype, shape, data_offsets: [begin, begin + data.byteLength] };
  }
  return [encodeHeader(header), ...stored.map(([, { data }]) => bytesOf(data))];
}

function requireMatchingBytes(name: string, { dtype, shape, data }: TensorData): void {
  if (name === '__metadata__') throw new FacetError('invalid', 'a tensor cannot be named __metadata__');
  const needed = elementCount(shape) * dtypeBytes(dtype);
  if (data.byteLength !== needed)
    throw new FacetError(
      'invalid',
      `tensor ${name} ${dtype} [${shape.join(', ')}] needs ${needed} bytes but has ${data.byteLength}`,
    );
}

/** Encodes the length and the JSON, padded with blanks so that the data starts aligned. */
function encodeHeader(header: Record<string, unknown>): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const padded = Math.ceil(json.byteLength / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}
