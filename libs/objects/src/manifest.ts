import { createHash } from 'node:crypto';
import { FacetError, isFacetError } from '@facet/errors';
import { type ZodType, z } from 'zod';
import { parseDocument, readDocument, readDocumentVersion, writeJson } from './json.ts';
import { requireKey } from './keys.ts';
import { type Lineage, lineageSchema } from './lineage.ts';
import type { ObjectStore, WriteOptions, WrittenObject } from './store.ts';

/** The layouts that this code reads: 1, files beside the manifest; 2, files in a folder that it names. */
const MANIFEST_VERSIONS: readonly number[] = [1, 2];
/** The manifest's name under its artifact's prefix; written last, so that it makes the artifact complete. */
export const MANIFEST_FILE = 'manifest.json';
/** Files are hashed in pieces of this size. */
const HASH_BYTES = 8 * 1024 * 1024;

/** What an artifact consists of and where it comes from. */
export interface Manifest<T> {
  /** 2 where `folder` is given. */
  formatVersion: 1 | 2;
  /** What the artifact is: `activation-set`, `sae`. */
  kind: string;
  /** RFC 3339, UTC. */
  createTime: string;
  /** Where the files lie, relative to the manifest's folder; absent: beside it. */
  folder?: string | undefined;
  /** By name, relative to the folder of the files. */
  files: Record<string, ManifestFile>;
  lineage: Lineage;
  body: T;
}

export interface ManifestFile {
  bytes: number;
  sha256: string;
}

/** The kind of artifact that is expected and how its body is checked. */
export interface ManifestSchema<T> {
  kind: string;
  body: ZodType<T>;
}

/** A manifest with the hash of its own bytes, which stands for the whole artifact. */
export interface StoredManifest<T> {
  manifest: Manifest<T>;
  sha256: string;
  /** For `ifMatch`. */
  version: string;
}

/** The prefix of the files of the artifact at `prefix`. */
export function filesPrefix(prefix: string, { folder }: Pick<Manifest<unknown>, 'folder'>): string {
  return folder === undefined ? prefix : requireKey(`${prefix}/${folder}`);
}

/** Writes the manifest of the artifact at `prefix`; its hash identifies the whole artifact. */
export function writeManifest<T>(
  store: ObjectStore,
  prefix: string,
  manifest: Manifest<T>,
  options: WriteOptions = {},
): Promise<WrittenObject> {
  for (const name of Object.keys(manifest.files)) requireKey(name);
  if (manifest.folder !== undefined) requireKey(manifest.folder);
  return writeJson(store, `${prefix}/${MANIFEST_FILE}`, manifest, options);
}

/** Reads and checks a manifest; `precondition` for another kind or a newer format, `data-loss` for damage. */
export async function readManifest<T>(
  store: ObjectStore,
  prefix: string,
  schema: ManifestSchema<T>,
): Promise<StoredManifest<T>> {
  const key = `${prefix}/${MANIFEST_FILE}`;
  const { data: bytes, version } = await readDocumentVersion(store, key);
  const { formatVersion, kind } = parseDocument(bytes, key, envelope);
  if (!MANIFEST_VERSIONS.includes(formatVersion))
    throw new FacetError(
      'precondition',
      `${key} has format ${formatVersion}; this Facet reads ${MANIFEST_VERSIONS.join(' and ')}`,
      {
        reason: 'FORMAT_UNSUPPORTED',
      },
    );
  if (kind !== schema.kind)
    throw new FacetError('precondition', `${key} describes a ${kind}; expected a ${schema.kind}`);
  const manifest = parseDocument(bytes, key, manifestSchema(schema.body));
  return { manifest, sha256: createHash('sha256').update(bytes).digest('hex'), version };
}

/** Reads every file of the artifact at `prefix` and throws `data-loss` naming the first that differs. */
export async function verifyManifest(
  store: ObjectStore,
  prefix: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const key = `${prefix}/${MANIFEST_FILE}`;
  const bytes = await readDocument(store, key, options.signal);
  await verifyFiles(store, prefix, parseDocument(bytes, key, manifestSchema(z.unknown())), options);
}

/** As `verifyManifest`, of a manifest that was read already, or is still to be published. */
export async function verifyFiles(
  store: ObjectStore,
  prefix: string,
  manifest: Pick<Manifest<unknown>, 'folder' | 'files'>,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const folder = filesPrefix(prefix, manifest);
  for (const [name, expected] of Object.entries(manifest.files))
    await verifyFile(store, `${folder}/${name}`, { expected, signal: options.signal });
}

const envelope = z.object({ formatVersion: z.number(), kind: z.string() });

function manifestSchema<T>(body: ZodType<T>) {
  return z.object({
    formatVersion: z.union([z.literal(1), z.literal(2)]),
    kind: z.string(),
    createTime: z.string(),
    folder: z.string().optional(),
    files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
    lineage: lineageSchema,
    body,
  }) as unknown as ZodType<Manifest<T>>;
}

async function verifyFile(
  store: ObjectStore,
  key: string,
  { expected, signal }: { expected: ManifestFile; signal: AbortSignal | undefined },
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (;;) {
    const part = await readPart(store, key, { start: bytes, end: bytes + HASH_BYTES, signal });
    hash.update(part);
    bytes += part.byteLength;
    if (part.byteLength < HASH_BYTES) break;
  }
  const sha256 = hash.digest('hex');
  if (bytes !== expected.bytes || sha256 !== expected.sha256)
    throw damaged(
      key,
      `has ${bytes} bytes, sha256 ${sha256}; written were ${expected.bytes}, ${expected.sha256}`,
    );
}

async function readPart(
  store: ObjectStore,
  key: string,
  range: { start: number; end: number; signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  try {
    return await store.read(key, range);
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') throw damaged(key, 'is missing');
    throw error;
  }
}

function damaged(key: string, problem: string): FacetError {
  return new FacetError('data-loss', `${key} ${problem}`, { reason: 'ARTIFACT_DAMAGED', metadata: { key } });
}
