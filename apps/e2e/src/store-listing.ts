import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every file below a `file://` object store, temporary ones too, by key. */
export async function filesIn(objectsUrl: string): Promise<string[]> {
  const root = fileURLToPath(objectsUrl);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
