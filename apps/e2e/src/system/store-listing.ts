import { type Dirent, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every file below a `file://` object store, temporary ones too, by key. */
export async function filesIn(objectsUrl: string): Promise<string[]> {
  const root = fileURLToPath(objectsUrl);
  const entries = await entriesBelow(root);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

/** Reads a tree that may be changing: it is read again when a folder goes away meanwhile. */
async function entriesBelow(root: string): Promise<Dirent[]> {
  for (;;) {
    try {
      return await readdir(root, { recursive: true, withFileTypes: true });
    } catch (error) {
      if (!existsSync(root) || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
