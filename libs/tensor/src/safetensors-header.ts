import { cutText, FacetError, quote } from '@facet/errors';
import { type DType, dtypeBytes, elementCount, isDType } from './dtypes.ts';

/** A header larger than this is refused before it is read: real ones stay under 1 MiB. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
/** More tensors than this are refused: the largest sharded checkpoints hold a few thousand per file. */
export const MAX_TENSORS = 65_536;
/** More dimensions than this are refused. */
export const MAX_RANK = 16;
/** The header's own length stands before it, as a little-endian u64. */
export const LENGTH_BYTES = 8;

/** Where one tensor lies in its file. */
export interface TensorEntry {
  name: string;
  dtype: DType;
  shape: readonly number[];
  /** Absolute, from the first byte of the file. */
  byteOffset: number;
  byteLength: number;
}

export interface SafetensorsHeader {
  entries: ReadonlyMap<string, TensorEntry>;
  metadata: Readonly<Record<string, string>>;
  /** The offset of the first tensor byte. */
  dataStart: number;
  fileBytes: number;
}

/**
 * Parses the start of a safetensors file (at least 8 bytes and the whole header) and checks everything an
 * attacker could bend: sizes before allocation, dtypes, shape products, ranges, overlaps and holes.
 */
export function parseSafetensorsHeader(
  prefix: Uint8Array,
  fileBytes: number,
  source: string,
): SafetensorsHeader {
  const headerBytes = readHeaderLength(prefix, fileBytes, source);
  const dataStart = LENGTH_BYTES + headerBytes;
  if (prefix.byteLength < dataStart)
    throw corrupt(source, `needs ${dataStart} bytes for its header but ${prefix.byteLength} were given`);
  const json = parseJson(prefix.subarray(LENGTH_BYTES, dataStart), source);
  const { __metadata__: metadata, ...tensors } = json;
  const names = Object.keys(tensors);
  if (names.length > MAX_TENSORS)
    throw corrupt(source, `has ${names.length} tensors; the limit is ${MAX_TENSORS}`);
  const entries = new Map(
    names.map((name) => [name, parseEntry(name, tensors[name], { source, dataStart, fileBytes })]),
  );
  requireContiguous(entries, { source, dataStart, fileBytes });
  return { entries, metadata: parseMetadata(metadata, source), dataStart, fileBytes };
}

/** Reads and checks the length that stands before the header. */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < LENGTH_BYTES || prefix.byteLength < LENGTH_BYTES)
    throw corrupt(source, `has ${fileBytes} bytes; a safetensors file has at least ${LENGTH_BYTES}`);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw corrupt(source, `announces a header of ${length} bytes; the limit is ${MAX_HEADER_BYTES}`);
  if (length > BigInt(fileBytes - LENGTH_BYTES))
    throw corrupt(source, `announces a header of ${length} bytes but has only ${fileBytes} bytes`);
  return Number(length);
}

interface Extent {
  source: string;
  dataStart: number;
  fileBytes: number;
}

function parseJson(bytes: Uint8Array, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw corrupt(source, 'has a header that is not UTF-8 JSON', cause);
  }
  if (!isRecord(value)) throw corrupt(source, 'has a header that is not a JSON object');
  return value;
}

function parseEntry(name: string, value: unknown, extent: Extent): TensorEntry {
  const { source, dataStart, fileBytes } = extent;
  const tensor = `tensor ${quote(name)}`;
  if (!isRecord(value)) throw corrupt(source, `describes ${tensor} by something that is not an object`);
  const dtype = parseDType(value.dtype, tensor, source);
  const shape = parseShape(value.shape, tensor, source);
  const [begin, end] = parseOffsets(value.data_offsets, tensor, source);
  if (end > fileBytes - dataStart)
    throw corrupt(source, `puts ${tensor} at ${begin}..${end} but holds ${fileBytes - dataStart} data bytes`);
  const needed = elementCount(shape) * dtypeBytes(dtype);
  if (!Number.isSafeInteger(needed) || needed !== end - begin)
    throw corrupt(
      source,
      `gives ${tensor} ${end - begin} bytes but ${dtype} [${shape.join(', ')}] needs ${needed}`,
    );
  return { name, dtype, shape, byteOffset: dataStart + begin, byteLength: end - begin };
}

function parseDType(value: unknown, tensor: string, source: string): DType {
  if (typeof value === 'string' && isDType(value)) return value;
  throw new FacetError(
    'unimplemented',
    `${source} stores ${tensor} as ${brief(value)}; convert it to F32, F16 or BF16`,
    { reason: 'DTYPE_UNSUPPORTED' },
  );
}

function parseShape(value: unknown, tensor: string, source: string): readonly number[] {
  if (!Array.isArray(value) || value.length > MAX_RANK || !value.every(isSize))
    throw corrupt(
      source,
      `gives ${tensor} the shape ${brief(value)}; expected up to ${MAX_RANK} whole numbers`,
    );
  return value;
}

function parseOffsets(value: unknown, tensor: string, source: string): [number, number] {
  if (Array.isArray(value) && value.length === 2 && value.every(isSize)) {
    const [begin, end] = value as [number, number];
    if (begin <= end) return [begin, end];
  }
  throw corrupt(source, `gives ${tensor} the offsets ${brief(value)}; expected [begin, end], begin <= end`);
}

/** The format wants every data byte to belong to exactly one tensor, so nothing can hide between two. */
function requireContiguous(entries: ReadonlyMap<string, TensorEntry>, extent: Extent): void {
  const { source, dataStart, fileBytes } = extent;
  const ordered = [...entries.values()].sort(
    (a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength,
  );
  let position = dataStart;
  for (const { name, byteOffset, byteLength } of ordered) {
    if (byteOffset < position) throw corrupt(source, `lets tensor ${quote(name)} overlap the one before it`);
    if (byteOffset > position)
      throw corrupt(source, `leaves ${byteOffset - position} bytes unused before tensor ${quote(name)}`);
    position = byteOffset + byteLength;
  }
  if (position !== fileBytes)
    throw corrupt(source, `holds ${fileBytes - position} bytes after its last tensor`);
}

function parseMetadata(value: unknown, source: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === 'string'))
    throw corrupt(source, 'has a __metadata__ that is not a map of strings');
  return value as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function brief(value: unknown): string {
  return cutText(String(JSON.stringify(value)), 80);
}

function corrupt(source: string, problem: string, cause?: unknown): FacetError {
  return new FacetError('invalid', `${source} ${problem}`, { cause, reason: 'SAFETENSORS_CORRUPT' });
}
