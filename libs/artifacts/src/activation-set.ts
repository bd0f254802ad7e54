import { FacetError } from '@facet/errors';
import {
  filesPrefix,
  type Lineage,
  type Manifest,
  type ManifestFile,
  type ObjectStore,
  readManifest,
  writeManifest,
} from '@facet/objects';
import type { FloatDType } from '@facet/tensor';
import { z } from 'zod';
import {
  type ActivationShard,
  readShard,
  readShardRows,
  type ShardReference,
  type ShardRows,
  toNumbers,
} from './activation-shard.ts';
import { activationSetPrefix } from './layout.ts';

/** The manifest kind of an activation set. */
export const ACTIVATION_SET_KIND = 'activation-set';

/** What an activation set holds. */
export interface ActivationSetBody {
  hookPoint: string;
  /** Width of a row. */
  dIn: number;
  dtype: FloatDType;
  /** Tokens in a context, BOS included; the last context may be shorter. */
  contextTokens: number;
  /** Tokens of all contexts, BOS included. */
  rows: number;
  /** Documents begun. */
  documents: number;
  bosTokenId: number | null;
  /** Rows that are BOS or another special token. */
  specialRows: number;
  shards: { file: string; rows: number }[];
  corpus: {
    uri: string;
    format: 'TEXT' | 'JSONL' | 'JSON' | 'DELIMITED' | 'PARQUET';
    documentSeparator?: string | undefined;
    textField?: string | undefined;
    delimiter?: string | undefined;
    unquoted?: boolean | undefined;
  };
  /** How the corpus was read, in words. */
  corpusFormat?: string | undefined;
  /** Mean Euclidean norm of the rows that are not special. */
  meanNorm?: number | undefined;
  /** Seconds from the first partition's start to the last one's end. */
  captureSeconds?: number | undefined;
}

/** Checks the body of a stored activation set. */
export const activationSetBodySchema: z.ZodType<ActivationSetBody> = z.object({
  hookPoint: z.string(),
  dIn: z.number().int().positive(),
  dtype: z.enum(['F16', 'BF16', 'F32']),
  contextTokens: z.number().int().positive(),
  rows: z.number().int().nonnegative(),
  documents: z.number().int().nonnegative(),
  bosTokenId: z.number().int().nonnegative().nullable(),
  specialRows: z.number().int().nonnegative(),
  shards: z.array(z.object({ file: z.string(), rows: z.number().int().positive() })),
  corpus: z.object({
    uri: z.string(),
    format: z.enum(['TEXT', 'JSONL', 'JSON', 'DELIMITED', 'PARQUET']),
    documentSeparator: z.string().optional(),
    textField: z.string().optional(),
    delimiter: z.string().optional(),
    unquoted: z.boolean().optional(),
  }),
  corpusFormat: z.string().optional(),
  meanNorm: z.number().optional(),
  captureSeconds: z.number().optional(),
});

/** A complete activation set, open for reading. */
export interface ActivationSet {
  readonly id: string;
  readonly manifest: Manifest<ActivationSetBody>;
  /** Hash of the manifest, which stands for the whole set (`activationSetSha256` of what is made from it). */
  readonly sha256: string;
  /** Reads a whole shard and checks its hash; `data-loss` names a damaged file. */
  readShard(shard: number, options?: { signal?: AbortSignal }): Promise<ActivationShard>;
  /** Reads some rows of a shard, without reading the rest of it. */
  readRows(shard: number, start: number, count: number, signal?: AbortSignal): Promise<ActivationShard>;
  /** As `readRows`, in the stored element type. */
  readStoredRows(shard: number, start: number, count: number, signal?: AbortSignal): Promise<ShardRows>;
}

/** Opens a complete activation set; `not-found` while it has no manifest. */
export async function openActivationSet(store: ObjectStore, id: string): Promise<ActivationSet> {
  const prefix = activationSetPrefix(id);
  const schema = { kind: ACTIVATION_SET_KIND, body: activationSetBodySchema };
  const { manifest, sha256 } = await readManifest(store, prefix, schema);
  const { body } = manifest;
  requireConsistent(body, prefix);
  const references = body.shards.map(({ file, rows }) => referenceOf({ prefix, file, rows, manifest }));
  const referenceTo = (shard: number) => {
    const reference = references[shard];
    if (reference) return reference;
    throw new FacetError('invalid', `${prefix} has no shard ${shard}; it has ${references.length}`);
  };
  const readStoredRows: ActivationSet['readStoredRows'] = async (shard, start, count, signal) =>
    readShardRows(store, referenceTo(shard), { start, count, signal });
  return {
    id,
    manifest,
    sha256,
    readShard: async (shard, options) => readShard(store, referenceTo(shard), options?.signal),
    readStoredRows,
    readRows: async (shard, start, count, signal) =>
      toNumbers(await readStoredRows(shard, start, count, signal), prefix),
  };
}

/**
 * Makes a set complete by writing its manifest, last of all; of many finishers one wins, the others get
 * `exists`.
 */
export async function finishActivationSet(
  store: ObjectStore,
  id: string,
  set: {
    createTime: string;
    lineage: Lineage;
    body: ActivationSetBody;
    /** Every shard by its name. */
    files: Record<string, ManifestFile>;
    /** Where they lie, below the set's prefix. @default beside the manifest */
    folder?: string | undefined;
  },
): Promise<{ sha256: string }> {
  requireConsistent(set.body, activationSetPrefix(id));
  const formatVersion = set.folder === undefined ? 1 : 2;
  const manifest: Manifest<ActivationSetBody> = { formatVersion, kind: ACTIVATION_SET_KIND, ...set };
  return writeManifest(store, activationSetPrefix(id), manifest, { ifAbsent: true });
}

interface ShardPlace {
  prefix: string;
  file: string;
  rows: number;
  manifest: Manifest<ActivationSetBody>;
}

function referenceOf({ prefix, file, rows, manifest }: ShardPlace): ShardReference {
  const { body, files } = manifest;
  const expected = Object.hasOwn(files, file) ? files[file] : undefined;
  if (!expected)
    throw new FacetError('data-loss', `${prefix}/manifest.json names the shard ${file} without its hash`);
  const key = `${filesPrefix(prefix, manifest)}/${file}`;
  return { key, rows, dIn: body.dIn, dtype: body.dtype, expected };
}

function requireConsistent({ shards, rows, specialRows }: ActivationSetBody, prefix: string): void {
  const sum = shards.reduce((total, shard) => total + shard.rows, 0);
  if (sum !== rows || specialRows > rows)
    throw new FacetError(
      'data-loss',
      `the manifest of ${prefix} says ${rows} rows but its shards have ${sum}`,
    );
}
