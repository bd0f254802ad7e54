import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, toReadError } from './file-errors.ts';
import type { ListedObject } from './store.ts';

/** Lists the objects below a folder, in the order of whole keys: a folder sorts as its name with the slash that follows. */
export async function* listFolder(
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
    const stats = await statObject(join(directory, key));
    if (stats !== undefined) yield { key, bytes: stats.size, modifiedMs: stats.mtimeMs };
  }
}

/** Names the folders directly below `path`, in order. */
export async function childFolders(path: string): Promise<string[]> {
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

/** What is known of the object at `path`; undefined where there is none. */
export async function statObject(path: string): Promise<Stats | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw toReadError(error, path);
  }
}
