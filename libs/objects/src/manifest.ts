import { createHash } from 'node:crypto';
import { FacetError, isFacetError } from '@facet/errors';
import { type ZodType, z } from 'zod';
import { parseDocument, readDocument, writeJson } from './json.ts';
import { requireKey } from './keys.ts';
import { type Lineage, lineageSchema } from './lineage.ts';
import type { ObjectStore, WriteOptions, WrittenObject } from './store.ts';

/** The layout that this code writes and reads. */
export const MANIFEST_VERSION = 1;
/** The manifest's name under its artifact's prefix; written last, so that it makes the artifact complete. */
export const MANIFEST_FILE = 'manifest.json';
/** Files are hashed in pieces of this size. */
const HASH_BYTES = 8 * 1024 * 1024;

/** What an artifact consists of and where it comes from. */
export interface Manifest<T> {
  formatVersion: typeof MANIFEST_VERSION;
  /** What the artifact is: `activation-set`, `sae`. */
  kind: string;
  /** RFC 3339, UTC. */
  createTime: string;
  /** By name, relative to the manifest's folder. */
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
}

/** Writes the manifest of the artifact at `prefix`; its hash identifies the whole artifact. */
export function writeManifest<T>(
  store: ObjectStore,
  prefix: string,
  manifest: Manifest<T>,
  options: WriteOptions = {},
): Promise<WrittenObject> {
  for (const name of Object.keys(manifest.files)) requireKey(name);
  return writeJson(store, `${prefix}/${MANIFEST_FILE}`, manifest, options);
}

/** Reads and checks a manifest; `precondition` for another kind or a newer format, `data-loss` for damage. */
export async function readManifest<T>(
  store: ObjectStore,
  prefix: string,
  schema: ManifestSchema<T>,
): Promise<StoredManifest<T>> {
  const key = `${prefix}/${MANIFEST_FILE}`;
  const bytes = await readDocument(store, key);
  const { formatVersion, kind } = parseDocument(bytes, key, envelope);
  if (formatVersion !== MANIFEST_VERSION)
    throw new FacetError(
      'precondition',
      `${key} has format ${formatVersion}; this Facet reads ${MANIFEST_VERSION}`,
      {
        reason: 'FORMAT_UNSUPPORTED',
      },
    );
  if (kind !== schema.kind)
    throw new FacetError('precondition', `${key} describes a ${kind}; expected a ${schema.kind}`);
  const manifest = parseDocument(bytes, key, manifestSchema(schema.body));
  return { manifest, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Reads every file of the artifact at `prefix` and throws `data-loss` naming the first that differs. */
export async function verifyManifest(
  store: ObjectStore,
  prefix: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const key = `${prefix}/${MANIFEST_FILE}`;
  const { files } = parseDocument(
    await readDocument(store, key, options.signal),
    key,
    manifestSchema(z.unknown()),
  );
  for (const [name, expected] of Object.entries(files))
    await verifyFile(store, `${prefix}/${name}`, { expected, signal: options.signal });
}

const envelope = z.object({ formatVersion: z.number(), kind: z.string() });

function manifestSchema<T>(body: ZodType<T>) {
  return z.object({
    formatVersion: z.literal(MANIFEST_VERSION),
    kind: z.string(),
    createTime: z.string(),
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
