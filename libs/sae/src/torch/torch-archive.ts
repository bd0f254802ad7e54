import { FacetError, quote } from '@facet/errors';
import { openZip, type ZipArchive } from '../archive/zip-reader.ts';
import { transpose } from '../convert.ts';
import { decodeNumbers, type NumberDType, numberBytes } from '../decode-numbers.ts';
import type { StoredTensor, TensorFile } from '../tensor-file.ts';
import type { PickleTensor } from './pickle-values.ts';
import { type Failure, failing, isTensor, STORAGE_DTYPES } from './torch-globals.ts';
import { unpickle } from './unpickle.ts';

/** More tensors than this are refused: an SAE has fewer than ten. */
const MAX_TENSORS = 1024;
const ZIP_MAGIC = 0x04034b50;

/**
 * Opens a state_dict that `torch.save` has written: a zip of one pickle, which is read as data and never executed, and the
 * storages of its tensors. Any strides are read; nothing is converted before it is asked for.
 */
export async function openTorchFile(bytes: Uint8Array, source: string): Promise<TensorFile> {
  requireZip(bytes, source);
  const fail = failing(source);
  const zip = await openZip(bytes, source);
  const pickles = zip.names.filter((name) => name.endsWith('/data.pkl'));
  if (pickles.length !== 1) fail(`has ${pickles.length} entries data.pkl, not one`);
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  requireLittleEndian(zip, `${folder}byteorder`, fail);
  const state = unpickle(zip.read(pickles[0]), source);
  if (!(state instanceof Map)) return fail('holds no dictionary of tensors');
  if (state.size > MAX_TENSORS) fail(`holds ${state.size} tensors, more than ${MAX_TENSORS}`);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of state) {
    if (typeof name !== 'string') return fail('names a tensor by something that is no text');
    if (!isTensor(value)) return fail(`holds ${quote(name)}, which is no tensor`);
    tensors.set(name, storedTensor(value, { zip, folder, what: `${source}: ${quote(name)}` }));
  }
  return { source, tensors };
}

interface Place {
  zip: ZipArchive;
  folder: string;
  what: string;
}

function storedTensor(tensor: PickleTensor, { zip, folder, what }: Place): StoredTensor {
  const { storage, shape } = tensor;
  const dtype = Object.hasOwn(STORAGE_DTYPES, storage.type) ? STORAGE_DTYPES[storage.type] : undefined;
  if (!dtype) throw corrupt(what, `has a ${storage.type}`);
  requireInside(tensor, what);
  const f32 = () => {
    const bytes = zip.read(`${folder}data/${storage.key}`);
    if (bytes.byteLength !== storage.elements * numberBytes(dtype)) {
      throw corrupt(
        what,
        `has a storage of ${bytes.byteLength} bytes for ${storage.elements} elements of ${dtype}`,
      );
    }
    return gather(bytes, tensor, { dtype, what });
  };
  return { dtype, shape, f32 };
}

/** Refuses views that reach beyond their storage, and those that repeat elements to seem larger than it. */
function requireInside({ storage, offset, shape, strides }: PickleTensor, what: string): void {
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length > 2) throw corrupt(what, `has shape [${shape}]; numbers, vectors and matrices are read`);
  if (elements > storage.elements) {
    throw corrupt(what, `has shape [${shape}] in a storage of ${storage.elements} elements`);
  }
  const last = shape.reduce((sum, extent, axis) => sum + Math.max(0, extent - 1) * strides[axis], offset);
  if (elements > 0 && last >= storage.elements) {
    throw corrupt(what, `reaches element ${last} of a storage of ${storage.elements}`);
  }
}

/** Brings a strided view into row-major order. */
function gather(
  bytes: Uint8Array,
  { offset, shape, strides }: PickleTensor,
  { dtype, what }: { dtype: NumberDType; what: string },
): Float32Array {
  const elements = shape.reduce((product, extent) => product * extent, 1);
  const size = numberBytes(dtype);
  const view = () => decodeNumbers(bytes.subarray(offset * size, (offset + elements) * size), dtype, what);
  if (isRowMajor(shape, strides)) return view();
  const [rows, columns] = shape;
  if (shape.length === 2 && strides[0] === 1 && strides[1] === rows) return transpose(view(), columns, rows);
  const all = decodeNumbers(bytes, dtype, what);
  const values = new Float32Array(elements);
  const [width, rowStride, columnStride] =
    shape.length === 2 ? [columns, strides[0], strides[1]] : [1, strides[0], 0];
  for (let at = 0; at < elements; at++) {
    values[at] = all[offset + Math.floor(at / width) * rowStride + (at % width) * columnStride];
  }
  return values;
}

/** Strides of axes with one element say nothing. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] > 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function requireZip(bytes: Uint8Array, source: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength >= 4 && view.getUint32(0, true) === ZIP_MAGIC) return;
  const message =
    `${source} is not a zip archive as torch 1.6 and later write it; ` +
    'load it with the torch that wrote it and torch.save its state_dict again';
  throw new FacetError('invalid', message, { reason: 'TORCH_FORMAT_UNSUPPORTED' });
}

function requireLittleEndian(zip: ZipArchive, entry: string, fail: Failure): void {
  if (!zip.names.includes(entry)) return;
  const order = Buffer.from(zip.read(entry).subarray(0, 16)).toString('latin1');
  if (order !== 'little') fail(`has byte order ${JSON.stringify(order)}, not little`);
}

function corrupt(what: string, problem: string): FacetError {
  return new FacetError('invalid', `${what} ${problem}; save the SAE again`, { reason: 'TORCH_CORRUPT' });
}
