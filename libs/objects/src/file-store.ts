import { constants } from 'node:fs';
import { link, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FacetError } from '@facet/errors';
import { flushFolder, makeFolder } from './durable-folders.ts';
import { hasCode, toReadError, toWriteError } from './file-errors.ts';
import { requireKey, requirePrefix } from './keys.ts';
import type { ListedObject, ObjectStore, ReadOptions, WriteOptions, WrittenObject } from './store.ts';
import { createTempFiles, type TempFiles } from './temp-files.ts';

export interface FileStoreOptions {
  /** The folder that holds the objects, absolute; created when first written to. */
  directory: string;
}

/** How often a write begins again after a concurrent `deletePrefix` took its folder away. */
const MAX_FOLDER_ATTEMPTS = 5;

/**
 * Opens a folder as an object store. A write goes to a temporary file on the same file system, is flushed,
 * moved to its name and flushed again with its folder, so a crash at any moment leaves the old object or the
 * new.
 */
export function openFileStore({ directory }: FileStoreOptions): ObjectStore {
  if (!isAbsolute(directory))
    throw new FacetError('invalid', `the object store folder ${JSON.stringify(directory)} is not absolute`);
  const temp = createTempFiles(directory);
  const pathOf = (key: string) => join(directory, requireKey(key));
  return {
    url: pathToFileURL(directory).href,
    read: async (key, options) => readRange(pathOf(key), options),
    write: async (key, data, options) => {
      const chunks = data instanceof Uint8Array ? [data] : data;
      return writeAtomically(temp, { path: pathOf(key), key, chunks }, options ?? {});
    },
    list: (prefix, options) => listFolder(directory, requirePrefix(prefix), options?.signal),
    listFolders: async (prefix) => childFolders(join(directory, requirePrefix(prefix))),
    exists: async (key) => isFile(pathOf(key)),
    delete: async (key) => removeFile(pathOf(key)),
    deletePrefix: async (prefix) => removeFolder(directory, requirePrefix(prefix), temp),
  };
}

async function readRange(path: string, { start = 0, end, signal }: ReadOptions = {}): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (!Number.isSafeInteger(start) || start < 0 || (end !== undefined && !(end >= start)))
    throw new FacetError('invalid', `bytes ${start}..${end} of ${path} are not a range`);
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const { size } = await file.stat();
    const buffer = new Uint8Array(Math.max(0, Math.min(end ?? size, size) - start));
    let filled = 0;
    while (filled < buffer.byteLength) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, filled, buffer.byteLength - filled, start + filled);
      if (bytesRead === 0) throw new FacetError('data-loss', `${path} was cut while it was read`);
      filled += bytesRead;
    }
    return buffer;
  } catch (error) {
    throw toReadError(error, path);
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
  { ifAbsent = false, signal }: WriteOptions,
): Promise<WrittenObject> {
  signal?.throwIfAborted();
  // A cheap look first: a redelivered job need not write gigabytes to learn that it was late.
  if (ifAbsent && (await isFile(path))) throw alreadyThere(key);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  let written: { path: string; sha256: string } | undefined;
  try {
    written = await temp.write(chunks, signal);
    await place(written.path, path, ifAbsent);
    return { bytes, sha256: written.sha256 };
  } catch (error) {
    if (ifAbsent && hasCode(error, 'EEXIST')) throw alreadyThere(key);
    throw toWriteError(error, path, bytes);
  } finally {
    if (written) await rm(written.path, { force: true });
  }
}

async function place(from: string, to: string, ifAbsent: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await makeFolder(dirname(to));
    try {
      await (ifAbsent ? link(from, to) : rename(from, to));
      return await flushFolder(dirname(to));
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || attempt === MAX_FOLDER_ATTEMPTS) throw error;
    }
  }
}

/** Walks in the order of whole keys: a folder sorts as its name with the slash that follows. */
async function* listFolder(
  directory: string,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ListedObject> {
  signal?.throwIfAborted();
  const names = await readFolder(join(directory, folder));
  for (const name of names) {
    const key = folder === '' ? name : `${folder}/${name}`;
    if (name.endsWith('/')) {
      yield* listFolder(directory, key.slice(0, -1), signal);
      continue;
    }
    const bytes = await fileBytes(join(directory, key));
    if (bytes !== undefined) yield { key, bytes };
  }
}

async function childFolders(path: string): Promise<string[]> {
  const names = (await readFolder(path))
    .filter((name) => name.endsWith('/'))
    .map((name) => name.slice(0, -1));
  return names.sort((a, b) => (a < b ? -1 : 1));
}

async function readFolder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw toReadError(error, path);
  }
}

async function fileBytes(path: string): Promise<number | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw toReadError(error, path);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await fileBytes(path)) !== undefined;
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
    await flushFolder(dirname(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw toWriteError(error, path, 0);
  }
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
    throw toWriteError(error, path, 0);
  }
  let count = 0;
  for await (const _ of listFolder(directory, relative(directory, hidden), undefined)) count++;
  await rm(hidden, { recursive: true, force: true });
  return count;
}

function alreadyThere(key: string): FacetError {
  return new FacetError('exists', `${key} exists already`, { reason: 'OBJECT_EXISTS' });
}
