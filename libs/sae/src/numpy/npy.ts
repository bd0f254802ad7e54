import { FacetError, quote } from '@facet/errors';
import { bytesOf } from '@facet/tensor';
import { transpose } from '../convert.ts';
import { decodeNumbers, type NumberDType, numberBytes } from '../decode-numbers.ts';
import type { StoredTensor } from '../tensor-file.ts';

/** A longer header is refused: real ones have 128 bytes. */
export const MAX_NPY_HEADER_BYTES = 4096;
/** More dimensions than this are refused. */
const MAX_RANK = 8;

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Array data starts on a multiple of this. */
const ALIGNMENT_BYTES = 64;

const DTYPES: Readonly<Record<string, NumberDType>> = {
  '<f8': 'F64',
  '<f4': 'F32',
  '<f2': 'F16',
  '<i8': 'I64',
  '<i4': 'I32',
};

/** Reads a numpy array file (`.npy`); object arrays, which are pickles, and foreign byte orders are refused by name. */
export function parseNpy(bytes: Uint8Array, what: string): StoredTensor {
  const { header, dataStart } = readHeader(bytes, what);
  const { descr, fortranOrder, shape } = parseHeader(header, what);
  const dtype = Object.hasOwn(DTYPES, descr) ? DTYPES[descr] : undefined;
  if (!dtype) {
    const problem = descr.includes('O')
      ? 'objects, which would have to be unpickled'
      : `dtype ${JSON.stringify(descr)}`;
    throw corrupt(what, `holds ${problem}; save it as one of ${Object.keys(DTYPES).join(', ')}`);
  }
  const data = bytes.subarray(dataStart);
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (!Number.isSafeInteger(elements) || elements * numberBytes(dtype) !== data.byteLength) {
    throw corrupt(
      what,
      `has ${data.byteLength} data bytes; ${dtype} [${shape}] asks for ${elements * numberBytes(dtype)}`,
    );
  }
  return {
    dtype,
    shape,
    f32() {
      const values = decodeNumbers(data, dtype, what);
      if (!fortranOrder || shape.length < 2) return values;
      if (shape.length === 2) return transpose(values, shape[1], shape[0]);
      throw corrupt(what, `is in Fortran order with shape [${shape}]; save it in C order`);
    },
  };
}

/** Renders f32 values as the chunks of a `.npy` file, version 1.0, C order. */
export function writeNpy(values: Float32Array, shape: readonly number[]): Uint8Array[] {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 4;
  const padded = Math.ceil((before + dict.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const header = Buffer.alloc(padded, ' ');
  MAGIC.copy(header, 0);
  header.writeUInt8(1, 6);
  header.writeUInt8(0, 7);
  header.writeUInt16LE(padded - before, 8);
  header.write(dict, before, 'latin1');
  header.write('\n', padded - 1, 'latin1');
  return [header, bytesOf(values)];
}

function readHeader(bytes: Uint8Array, what: string): { header: string; dataStart: number } {
  if (bytes.byteLength < 12 || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw corrupt(what, 'is not a numpy array file');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3)
    throw corrupt(what, `has version ${version} of the npy format; 1 to 3 are read`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_NPY_HEADER_BYTES) {
    throw corrupt(what, `announces a header of ${length} bytes; the limit is ${MAX_NPY_HEADER_BYTES}`);
  }
  if (start + length > bytes.byteLength) throw corrupt(what, `ends within its header of ${length} bytes`);
  const header = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  return { header, dataStart: start + length };
}

interface NpyHeader {
  descr: string;
  fortranOrder: boolean;
  shape: number[];
}

/** The header is a Python dictionary of three known keys; nothing else is understood. */
function parseHeader(header: string, what: string): NpyHeader {
  const descr = /'descr': *'([^']{1,16})'/.exec(header)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const tuple = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  const isDict = /^\{[^{}]*\}\s*$/.test(header);
  if (!isDict || order === undefined || tuple === undefined || descr === undefined) {
    throw corrupt(what, `has the header ${quote(header.trim())}, which is not one of plain numbers`);
  }
  const shape = tuple.split(',').flatMap((extent) => (extent.trim() === '' ? [] : [Number(extent)]));
  if (shape.length > MAX_RANK || !shape.every(Number.isSafeInteger)) {
    throw corrupt(what, `has the shape (${tuple.slice(0, 80)}); up to ${MAX_RANK} whole numbers are read`);
  }
  return { descr, fortranOrder: order === 'True', shape };
}

function corrupt(what: string, problem: string): FacetError {
  return new FacetError('invalid', `${what} ${problem}`, { reason: 'NPY_CORRUPT' });
}
