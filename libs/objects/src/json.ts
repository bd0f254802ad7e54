import { FacetError } from '@facet/errors';
import type { ZodType } from 'zod';
import type { ObjectStore, WriteOptions, WrittenObject } from './store.ts';

/** A JSON document larger than this is refused: state and manifests stay far below. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;

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
  const bytes = await store.read(key, { end: MAX_JSON_BYTES + 1, signal });
  if (bytes.byteLength > MAX_JSON_BYTES)
    throw new FacetError('data-loss', `${key} is larger than the ${MAX_JSON_BYTES} bytes of a document`);
  return bytes;
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
