import { FacetError, isFacetError } from '@facet/errors';
import type { ZodType } from 'zod';
import { absentAsUndefined } from './absent-as-undefined.ts';
import type { Condition, ObjectStore, VersionedObject, WriteOptions, WrittenObject } from './store.ts';

/** A JSON document larger than this is refused: state and manifests stay far below. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** How often an update begins again because another one came first; each time one of them has succeeded. */
const MAX_UPDATE_RACES = 1000;

/** A document as it stood in one version. */
export interface VersionedJson<T> {
  value: T;
  /** For `ifMatch`. */
  version: string;
}

/**
 * Reads a JSON document and checks it; `not-found` where there is none, `data-loss` where it is malformed.
 */
export async function readJson<T>(
  store: ObjectStore,
  key: string,
  schema: ZodType<T>,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  return parseDocument(await readDocument(store, key, options.signal), key, schema);
}

/** As `readJson`, with the version that the document has. */
export async function readJsonVersion<T>(
  store: ObjectStore,
  key: string,
  schema: ZodType<T>,
): Promise<VersionedJson<T>> {
  const { data, version } = await readDocumentVersion(store, key);
  return { value: parseDocument(data, key, schema), version };
}

/**
 * Changes a JSON document, or makes it where `change` is given undefined; returns what was written, with its version.
 * Where another writer comes first, `change` is called again with what that one wrote: so changes of different fields all
 * hold, and what `change` throws ends the update with nothing written.
 */
export async function updateJson<T>(
  store: ObjectStore,
  key: string,
  schema: ZodType<T>,
  change: (current: VersionedJson<T> | undefined) => T,
): Promise<VersionedJson<T>> {
  for (let race = 1; ; race++) {
    const current = await absentAsUndefined(() => readJsonVersion(store, key, schema));
    const value = change(current);
    const condition: Condition = current ? { ifMatch: current.version } : { ifAbsent: true };
    try {
      return { value, version: (await writeJson(store, key, value, condition)).version };
    } catch (error) {
      const cameLate = isFacetError(error) && (error.kind === 'aborted' || error.kind === 'exists');
      if (!cameLate || race === MAX_UPDATE_RACES) throw error;
    }
  }
}

/** Writes `value` as a JSON document, atomically. */
export function writeJson(
  store: ObjectStore,
  key: string,
  value: unknown,
  options: WriteOptions = {},
): Promise<WrittenObject> {
  return store.write(key, Buffer.from(`${JSON.stringify(value, null, 2)}\n`), options);
}

/** Reads the bytes of a document, never more than `MAX_JSON_BYTES`. */
export async function readDocument(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return (await readDocumentVersion(store, key, signal)).data;
}

/** As `readDocument`, with the version. */
export async function readDocumentVersion(
  store: ObjectStore,
  key: string,
  signal?: AbortSignal,
): Promise<VersionedObject> {
  const read = await store.readVersion(key, { end: MAX_JSON_BYTES + 1, signal });
  if (read.data.byteLength > MAX_JSON_BYTES)
    throw new FacetError('data-loss', `${key} is larger than the ${MAX_JSON_BYTES} bytes of a document`);
  return read;
}

/** Parses and checks a document; the error names the first field that is wrong. */
export function parseDocument<T>(bytes: Uint8Array, key: string, schema: ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FacetError('data-loss', `${key} is not UTF-8 JSON; it was damaged or cut`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new FacetError('data-loss', `${key} is malformed at ${path.join('.') || 'its root'}: ${message}`, {
    cause: result.error,
  });
}
