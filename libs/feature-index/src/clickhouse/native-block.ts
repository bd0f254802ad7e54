/**
 * ClickHouse's `Native` format, for inserting: a block is the number of columns and rows, then every column whole, with its
 * name and type in front. Typed arrays are sent as they lie in memory; nothing is encoded row by row.
 */
export interface NativeColumn {
  name: string;
  /** ClickHouse type of the bytes; the server converts to the type of the table's column where they differ. */
  type: string;
  /** The column as Native lays it out: see `numbers` and `constant`. */
  parts: readonly Uint8Array[];
}

/** Encodes one block of `rows` rows; the parts stand one behind another and share memory with the columns. */
export function encodeNativeBlock(rows: number, columns: readonly NativeColumn[]): Uint8Array[] {
  const head = concat([varint(columns.length), varint(rows)]);
  return [head, ...columns.flatMap(({ name, type, parts }) => [concat([text(name), text(type)]), ...parts])];
}

const NUMBER_TYPES = new Map<unknown, string>([
  [Uint32Array, 'UInt32'],
  [Int32Array, 'Int32'],
  [Float32Array, 'Float32'],
  [Float64Array, 'Float64'],
  [BigUint64Array, 'UInt64'],
]);

type NumberArray = Uint32Array | Int32Array | Float32Array | Float64Array | BigUint64Array;

/** A column of numbers; the values are not copied and must not change until the block has been sent. */
export function numbers(name: string, values: NumberArray): NativeColumn {
  const type = NUMBER_TYPES.get(values.constructor)!;
  return { name, type, parts: [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)] };
}

const SHARED_DICTIONARIES = 1n;
const HAS_ADDITIONAL_KEYS = 1n << 9n;
const NEED_UPDATE_DICTIONARY = 1n << 10n;

/** A LowCardinality(String) column that has `value` in all its `rows`: one byte per row. */
export function constant(name: string, value: string, rows: number): NativeColumn {
  const indexType = HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY;
  const head = concat([
    uint64(SHARED_DICTIONARIES),
    uint64(indexType),
    uint64(1n),
    text(value),
    uint64(BigInt(rows)),
  ]);
  return { name, type: 'LowCardinality(String)', parts: [head, new Uint8Array(rows)] };
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) bytes.push((left % 128) | 0x80);
  return Uint8Array.from([...bytes, left]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value, 'utf8');
  return concat([varint(bytes.length), bytes]);
}

function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts as Uint8Array[]);
}
