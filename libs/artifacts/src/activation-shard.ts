import { createHash } from 'node:crypto';
import { FacetError, isFacetError } from '@facet/errors';
import { filesPrefix, type ManifestFile, type ObjectStore } from '@facet/objects';
import {
  decodeFloats,
  dtypeBytes,
  type FloatDType,
  parseSafetensors,
  parseSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsView,
  serializeSafetensors,
  type TensorEntry,
} from '@facet/tensor';
import { activationSetPrefix, shardFile } from './layout.ts';

/** What is known of every row besides its activations; all arrays have one entry per row. */
export interface ActivationRows {
  tokenIds: Int32Array;
  /** The document a token belongs to, counted from 0 over the whole set. */
  documents: Int32Array;
  /** The position in its context, counted from 0. */
  positions: Int32Array;
  /** 1 for BOS and other special tokens, which training and indexing leave out. */
  special: Uint8Array;
}

/** Rows as they are stored. */
export interface StoredRows extends ActivationRows {
  dtype: FloatDType;
  /** Width of a row. */
  dIn: number;
  /** [rows, dIn], little-endian elements of `dtype`. */
  activations: Uint8Array;
}

/** Rows as numbers. */
export interface ActivationShard extends ActivationRows {
  rows: number;
  dIn: number;
  /** [rows, dIn] */
  activations: Float32Array;
}

/** A range of rows of one shard, as stored. */
export interface ShardRows extends StoredRows {
  rows: number;
}

export interface WrittenShard {
  /** Its name in the folder of the set's files. */
  file: string;
  rows: number;
  bytes: number;
  sha256: string;
  /** The rows that the file holds: those that were given, or those that another worker had written before. */
  stored: StoredRows;
}

/** Enough of a shard's start to hold its header, which has five tensors. */
const HEADER_READ_BYTES = 4096;
const ROW_TENSORS = { token_ids: 'I32', document: 'I32', position: 'I32', special: 'U8' } as const;

export interface NewShard {
  partition: number;
  rows: StoredRows;
  /** Where the set's files lie, below its prefix. @default beside its manifest */
  folder?: string | undefined;
  signal?: AbortSignal;
}

/**
 * Writes the shard of one partition, once: what another worker has written of the same tokens stays, and is returned, so that
 * every record of it says what the file holds. Throws CORPUS_CHANGED where that shard is of other tokens.
 */
export async function writeActivationShard(
  store: ObjectStore,
  id: string,
  { partition, rows, folder, signal }: NewShard,
): Promise<WrittenShard> {
  const { dtype, dIn, activations, tokenIds, documents, positions, special } = rows;
  const n = tokenIds.length;
  const chunks = serializeSafetensors({
    activations: { dtype, shape: [n, dIn], data: activations },
    token_ids: { dtype: 'I32', shape: [n], data: tokenIds },
    document: { dtype: 'I32', shape: [n], data: documents },
    position: { dtype: 'I32', shape: [n], data: positions },
    special: { dtype: 'U8', shape: [n], data: special },
  });
  const file = shardFile(partition);
  const key = `${filesPrefix(activationSetPrefix(id), { folder })}/${file}`;
  try {
    const { bytes, sha256 } = await store.write(key, chunks, { ifAbsent: true, signal });
    return { file, rows: n, bytes, sha256, stored: rows };
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
  return { file, rows: n, ...(await readWritten(store, key, { rows, signal })) };
}

async function readWritten(
  store: ObjectStore,
  key: string,
  { rows, signal }: { rows: StoredRows; signal?: AbortSignal },
): Promise<Pick<WrittenShard, 'bytes' | 'sha256' | 'stored'>> {
  const bytes = await store.read(key, { signal });
  const view = asDataLoss(key, () => parseSafetensors(bytes, key));
  const { dtype, dIn, tokenIds } = rows;
  requireLayout(view.header, { key, rows: tokenIds.length, dIn, dtype });
  const stored = { dtype, dIn, activations: view.raw('activations'), ...rowsOf(view) };
  const isSame = (['tokenIds', 'documents', 'positions', 'special'] as const).every((name) =>
    Buffer.from(stored[name].buffer, stored[name].byteOffset, stored[name].byteLength).equals(
      Buffer.from(rows[name].buffer, rows[name].byteOffset, rows[name].byteLength),
    ),
  );
  if (!isSame)
    throw new FacetError('precondition', `${key} holds other tokens; the corpus changed: capture it again`, {
      reason: 'CORPUS_CHANGED',
    });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes: bytes.byteLength, sha256, stored };
}

/** What a set knows of one of its shards. */
export interface ShardReference {
  key: string;
  rows: number;
  dIn: number;
  dtype: FloatDType;
  /** What the manifest says of the file. */
  expected: ManifestFile;
}

/** Reads a whole shard and checks it against the manifest's hash. */
export async function readShard(
  store: ObjectStore,
  shard: ShardReference,
  signal?: AbortSignal,
): Promise<ActivationShard> {
  const bytes = await store.read(shard.key, { signal });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== shard.expected.sha256)
    throw damaged(shard.key, `has sha256 ${sha256}; its manifest says ${shard.expected.sha256}`);
  const view = asDataLoss(shard.key, () => parseSafetensors(bytes, shard.key));
  requireLayout(view.header, shard);
  return { rows: shard.rows, dIn: shard.dIn, activations: view.f32('activations'), ...rowsOf(view) };
}

/** Reads rows `start` to `start + count` of a shard as stored, without reading the rest of it. */
export async function readShardRows(
  store: ObjectStore,
  shard: ShardReference,
  range: { start: number; count: number; signal?: AbortSignal | undefined },
): Promise<ShardRows> {
  const { start, count, signal } = range;
  if (!(start >= 0 && count >= 0 && start + count <= shard.rows))
    throw new FacetError(
      'invalid',
      `rows ${start} to ${start + count} lie outside ${shard.key}, ${shard.rows} rows`,
    );
  const prefix = await store.read(shard.key, { end: HEADER_READ_BYTES, signal });
  const header = asDataLoss(shard.key, () => parseSafetensorsHeader(prefix, shard.expected.bytes, shard.key));
  requireLayout(header, shard);
  const read = async (name: string) => {
    const { byteOffset, byteLength } = header.entries.get(name)!;
    const rowBytes = byteLength / shard.rows;
    const first = byteOffset + start * rowBytes;
    const bytes = await store.read(shard.key, { start: first, end: first + count * rowBytes, signal });
    if (bytes.byteLength !== count * rowBytes) throw damaged(shard.key, 'was cut');
    return bytes;
  };
  const [activations, tokenIds, documents, positions, special] = await Promise.all(
    ['activations', ...Object.keys(ROW_TENSORS)].map(read),
  );
  return {
    rows: count,
    dIn: shard.dIn,
    dtype: shard.dtype,
    activations: activations!,
    tokenIds: new Int32Array(tokenIds!.buffer),
    documents: new Int32Array(documents!.buffer),
    positions: new Int32Array(positions!.buffer),
    special: special!,
  };
}

/** Turns stored rows into numbers. */
export function toNumbers(stored: ShardRows, what: string): ActivationShard {
  const { dtype, activations, ...rest } = stored;
  return { ...rest, activations: decodeFloats(activations, dtype, what) };
}

function rowsOf(view: SafetensorsView): ActivationRows {
  return {
    tokenIds: view.i32('token_ids'),
    documents: view.i32('document'),
    positions: view.i32('position'),
    special: view.u8('special'),
  };
}

type ShardLayout = Omit<ShardReference, 'expected'>;

function requireLayout({ entries }: SafetensorsHeader, shard: ShardLayout): void {
  const { rows, dIn, dtype } = shard;
  requireTensor(entries.get('activations'), `activations ${dtype} [${rows}, ${dIn}]`, shard);
  for (const [name, type] of Object.entries(ROW_TENSORS))
    requireTensor(entries.get(name), `${name} ${type} [${rows}]`, shard);
}

function requireTensor(entry: TensorEntry | undefined, wanted: string, { key }: ShardLayout): void {
  const found = entry && `${entry.name} ${entry.dtype} [${entry.shape.join(', ')}]`;
  if (!entry || found !== wanted) throw damaged(key, `holds ${found ?? 'nothing'} where ${wanted} should be`);
  if (entry.byteLength % dtypeBytes(entry.dtype) !== 0)
    throw damaged(key, `has a broken tensor ${entry.name}`);
}

function asDataLoss<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw damaged(key, 'is not a readable safetensors file', cause);
  }
}

function damaged(key: string, problem: string, cause?: unknown): FacetError {
  return new FacetError('data-loss', `${key} ${problem}`, {
    cause,
    reason: 'ARTIFACT_DAMAGED',
    metadata: { key },
  });
}
