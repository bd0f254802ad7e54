import type { Dirent } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hasCode } from './file-errors.ts';
import type { Leftover } from './store.ts';
import { sweepSuccessions, unfinishedSuccessions } from './succession.ts';
import { TEMP_FOLDER } from './temp-files.ts';

/** Lists temporary files, folders whose deletion was not finished, and what was to follow others. */
export async function* fileLeftovers(directory: string): AsyncGenerator<Leftover> {
  for (const { name } of await entriesOf(join(directory, TEMP_FOLDER))) {
    const path = join(directory, TEMP_FOLDER, name);
    yield* leftoverAt(directory, path, () => rm(path, { recursive: true, force: true }));
  }
  yield* begunBelow(directory, directory);
}

async function* begunBelow(directory: string, folder: string): AsyncGenerator<Leftover> {
  for (const name of await unfinishedSuccessions(folder))
    yield* leftoverAt(directory, join(folder, name), ({ modifiedMs }) =>
      sweepSuccessions(folder, modifiedMs + 1),
    );
  for (const entry of await entriesOf(folder))
    if (entry.isDirectory() && !entry.name.startsWith('.'))
      yield* begunBelow(directory, join(folder, entry.name));
}

async function* leftoverAt(
  directory: string,
  path: string,
  remove: (measured: Measured) => Promise<void>,
): AsyncGenerator<Leftover> {
  try {
    const measured = await measure(path);
    yield { name: relative(directory, path), ...measured, remove: () => remove(measured) };
  } catch (error) {
    // Its writer has finished meanwhile.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

interface Measured {
  bytes: number;
  modifiedMs: number;
}

/** The sum of a file or folder, and when anything of it changed last: a folder that is renamed keeps its old times. */
async function measure(path: string): Promise<Measured> {
  const stats = await lstat(path);
  let bytes = stats.isFile() ? stats.size : 0;
  let modifiedMs = Math.max(stats.mtimeMs, stats.ctimeMs);
  if (stats.isDirectory())
    for (const { name } of await entriesOf(path)) {
      const part = await measure(join(path, name));
      bytes += part.bytes;
      modifiedMs = Math.max(modifiedMs, part.modifiedMs);
    }
  return { bytes, modifiedMs };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
