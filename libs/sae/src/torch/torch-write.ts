import { bytesOf } from '@facet/tensor';
import { writeZip } from '../archive/zip-writer.ts';

/** A row-major tensor to write; `[]` is the shape of one number. */
export interface TorchTensor {
  dtype: 'F32' | 'I32' | 'I64';
  shape: readonly number[];
  data: Float32Array | Int32Array | BigInt64Array;
}

const STORAGES = { F32: 'FloatStorage', I32: 'IntStorage', I64: 'LongStorage' } as const;
/** The folder of an archive; `torch.load` takes any. */
const FOLDER = 'archive';
/** Version of torch's archive layout. */
const VERSION = '3\n';

/**
 * Renders a state_dict as the chunks of a file that `torch.load(weights_only=True)` reads: a zip of one pickle and one storage
 * per tensor, none of them copied.
 */
export function writeTorchFile(tensors: Readonly<Record<string, TorchTensor>>): Uint8Array[] {
  const storages = Object.values(tensors).map(({ data }, key) => ({
    name: `${FOLDER}/data/${key}`,
    chunks: [bytesOf(data)],
  }));
  return writeZip([
    { name: `${FOLDER}/data.pkl`, chunks: [pickleState(tensors)] },
    { name: `${FOLDER}/byteorder`, chunks: [Buffer.from('little')] },
    ...storages,
    { name: `${FOLDER}/version`, chunks: [Buffer.from(VERSION)] },
  ]);
}

const PROTO_2 = Buffer.from([0x80, 2]);
const [MARK, EMPTY_TUPLE, REDUCE, TUPLE, BINPERSID, SETITEMS, STOP] = ['(', ')', 'R', 't', 'Q', 'u', '.'].map(
  (opcode) => Buffer.from(opcode),
);
const FALSE = Buffer.from([0x89]);

/** OrderedDict(name → _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())), protocol 2. */
function pickleState(tensors: Readonly<Record<string, TorchTensor>>): Uint8Array {
  const ordered = [globalName('collections', 'OrderedDict'), EMPTY_TUPLE, REDUCE];
  const items = Object.entries(tensors).flatMap(([name, { dtype, shape, data }], key) => [
    text(name),
    globalName('torch._utils', '_rebuild_tensor_v2'),
    MARK,
    MARK,
    text('storage'),
    globalName('torch', STORAGES[dtype]),
    text(String(key)),
    text('cpu'),
    integer(data.length),
    TUPLE,
    BINPERSID,
    integer(0),
    tuple(shape),
    tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1))),
    FALSE,
    ...ordered,
    TUPLE,
    REDUCE,
  ]);
  return Buffer.concat([PROTO_2, ...ordered, MARK, ...items, SETITEMS, STOP]);
}

function globalName(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(5, 'X');
  length.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([length, bytes]);
}

/** BININT, or LONG1 of 8 bytes where 32 bits do not hold it. */
function integer(value: number): Buffer {
  if (value <= 0x7fff_ffff) {
    const small = Buffer.alloc(5, 'J');
    small.writeInt32LE(value, 1);
    return small;
  }
  const large = Buffer.alloc(10);
  large.writeUInt8(0x8a, 0);
  large.writeUInt8(8, 1);
  large.writeBigInt64LE(BigInt(value), 2);
  return large;
}

function tuple(values: readonly number[]): Buffer {
  return Buffer.concat([MARK, ...values.map(integer), TUPLE]);
}
