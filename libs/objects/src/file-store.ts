import { constants } from 'node:fs';
import { link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FacetError } from '@facet/errors';
import { requireCondition } from './conditions.ts';
import { flushFolder, makeFolder } from './durable-folders.ts';
import { hasCode, toReadError, toWriteError } from './file-errors.ts';
import { fileLeftovers } from './file-leftovers.ts';
import { childFolders, listFolder, statObject } from './file-listing.ts';
import { requireKey, requirePrefix } from './keys.ts';
import type {
  Condition,
  ObjectStore,
  ReadOptions,
  VersionedObject,
  WriteOptions,
  WrittenObject,
} from './store.ts';
import { makeDeletionMark, settle, stamp, succeed, versionOf } from './succession.ts';
import { createTempFiles, type TempFiles } from './temp-files.ts';

export interface FileStoreOptions {
  /** The folder that holds the objects, absolute; created when first written to. */
  directory: string;
}

/** How often a write begins again after a concurrent `deletePrefix` took its folder away. */
const MAX_FOLDER_ATTEMPTS = 5;
/** How often a write begins again because another one came first; each time one of them has succeeded. */
const MAX_RACES = 1000;

/**
 * Opens a folder as an object store. A write goes to a temporary file on the same file system, is flushed,
 * moved to its name and flushed again with its folder, so a crash at any moment leaves the old object or the
 * new. What replaces an object goes through `succession.ts`, so that no write is lost to one that did not know it.
 */
export function openFileStore({ directory }: FileStoreOptions): ObjectStore {
  if (!isAbsolute(directory))
    throw new FacetError('invalid', `the object store folder ${JSON.stringify(directory)} is not absolute`);
  const temp = createTempFiles(directory);
  const pathOf = (key: string) => join(directory, requireKey(key));
  return {
    url: pathToFileURL(directory).href,
    read: async (key, options) => (await readRange({ path: pathOf(key), key }, options)).data,
    readVersion: async (key, options) => readRange({ path: pathOf(key), key }, options),
    write: async (key, data, options) => {
      const chunks = data instanceof Uint8Array ? [data] : data;
      return writeAtomically(temp, { path: pathOf(key), key, chunks }, options ?? {});
    },
    list: (prefix, options) => listFolder(directory, requirePrefix(prefix), options?.signal),
    listFolders: async (prefix) => childFolders(join(directory, requirePrefix(prefix))),
    exists: async (key) => (await statObject(pathOf(key))) !== undefined,
    delete: async (key, options) => removeFile({ path: pathOf(key), key }, options ?? {}),
    deletePrefix: async (prefix) => removeFolder(directory, requirePrefix(prefix), temp),
    leftovers: () => fileLeftovers(directory),
  };
}

/** Reads a range; errors name the key: callers may not be told where the server keeps its objects. */
async function readRange(
  { path, key }: Pick<NewObject, 'path' | 'key'>,
  { start = 0, end, signal }: ReadOptions = {},
): Promise<VersionedObject> {
  signal?.throwIfAborted();
  if (!Number.isSafeInteger(start) || start < 0 || (end !== undefined && !(end >= start)))
    throw new FacetError('invalid', `bytes ${start}..${end} of ${key} are not a range`);
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const stats = await file.stat({ bigint: true });
    const size = Number(stats.size);
    const data = new Uint8Array(Math.max(0, Math.min(end ?? size, size) - start));
    let filled = 0;
    while (filled < data.byteLength) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(data, filled, data.byteLength - filled, start + filled);
      if (bytesRead === 0) throw new FacetError('data-loss', `${key} was cut while it was read`);
      filled += bytesRead;
    }
    return { data, version: versionOf(stats) };
  } catch (error) {
    throw toReadError(error, key);
  }
}

interface NewObject {
  path: string;
  key: string;
  chunks: readonly Uint8Array[];
}

async function writeAtomically(
  temp: TempFiles,
  { path, key, chunks }: NewObject,
  { signal, ...condition }: WriteOptions,
): Promise<WrittenObject> {
  signal?.throwIfAborted();
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  let written: { path: string; sha256: string } | undefined;
  try {
    // A cheap look first: a redelivered job need not write gigabytes to learn that it was late.
    await requireCondition(path, key, condition);
    written = await temp.write(chunks, signal);
    return { bytes, sha256: written.sha256, version: await place(written.path, { path, key, condition }) };
  } catch (error) {
    throw toWriteError(error, key, bytes);
  } finally {
    if (written) await rm(written.path, { force: true });
  }
}

interface Place {
  path: string;
  key: string;
  condition: Condition;
}

/** Gives the file `from` the name of its object, in its version's turn; returns the new version. */
async function place(from: string, { path, key, condition }: Place): Promise<string> {
  for (let race = 0; race < MAX_RACES; race++) {
    const standing = await requireCondition(path, key, condition);
    const version = standing
      ? await succeed(path, standing, (next) => link(from, next))
      : await placeFirst(from, path);
    if (version !== undefined) return version;
    if (standing) await settle(path, standing);
  }
  throw tooMany(key);
}

/** Places the first object of its name; undefined where another came first. */
async function placeFirst(from: string, path: string): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Also while it is made, a concurrent `deletePrefix` can take a folder away.
      await makeFolder(dirname(path));
      await stamp(from);
      const version = versionOf(await lstat(from, { bigint: true }));
      await link(from, path);
      await flushFolder(dirname(path));
      return version;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return undefined;
      if (!hasCode(error, 'ENOENT') || attempt === MAX_FOLDER_ATTEMPTS) throw error;
    }
  }
}

async function removeFile(
  { path, key }: Pick<NewObject, 'path' | 'key'>,
  condition: Pick<Condition, 'ifMatch'>,
): Promise<void> {
  try {
    for (let race = 0; race < MAX_RACES; race++) {
      const standing = await requireCondition(path, key, condition);
      if (!standing?.isObject || (await succeed(path, standing, makeDeletionMark))) return;
      await settle(path, standing);
    }
  } catch (error) {
    if (condition.ifMatch === undefined && hasCode(error, 'ENOTDIR', 'EISDIR')) return;
    throw toWriteError(error, key, 0);
  }
  throw tooMany(key);
}

/** Moves the folder out of sight in one step, then removes it: readers see all of it or nothing. */
async function removeFolder(directory: string, folder: string, temp: TempFiles): Promise<number> {
  if (folder === '') throw new FacetError('invalid', 'a whole store is not deleted; name a prefix');
  const path = join(directory, folder);
  const hidden = await temp.path();
  try {
    // The slash makes an object of the same name an error instead of a victim.
    await rename(`${path}/`, hidden);
    await flushFolder(dirname(path));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 0;
    throw toWriteError(error, folder, 0);
  }
  let count = 0;
  for await (const _ of listFolder(directory, relative(directory, hidden), undefined)) count++;
  await rm(hidden, { recursive: true, force: true });
  return count;
}

function tooMany(key: string): FacetError {
  return new FacetError('aborted', `${key} was changed ${MAX_RACES} times while it was written; try again`);
}
