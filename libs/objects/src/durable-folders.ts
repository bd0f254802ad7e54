import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FacetError } from '@facet/errors';
import { hasCode } from './file-errors.ts';

/** Makes `folder` and what is missing above it, and flushes each new name, so that a crash keeps them all. */
export async function makeFolder(folder: string): Promise<void> {
  const firstMade = await makeMissing(folder);
  if (firstMade === undefined) return;
  for (let made = folder; made.length >= firstMade.length; made = dirname(made))
    await flushFolder(dirname(made));
}

/** Flushes the names in a folder to the disk; a folder that is gone has none. */
export async function flushFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function makeMissing(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true });
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST', 'ENOTDIR')) throw cause;
    throw new FacetError('invalid', `${folder} is an object or below one; it cannot be a folder too`, {
      cause,
    });
  }
}
