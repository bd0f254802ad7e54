import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The end of a name that says that a file is not whole; huggingface_hub uses the same. */
const ENDING = '.incomplete';
/** A partial file of another machine that nobody wrote to for so long is abandoned. */
const ABANDONED_MS = 3_600_000;

/**
 * Takes the partial file of the blob `hash` for this process alone and gives its path: what an earlier pull left, the longest
 * of several, else a name for a new one. Whoever renames it first has it; nobody takes the file of a living process.
 */
export async function claimPartialFile(blobs: string, hash: string): Promise<string> {
  const own = join(blobs, `${hash}.${machine()}-${process.pid}-${randomUUID().slice(0, 8)}${ENDING}`);
  for (const { path } of await abandonedFiles(blobs, hash)) {
    const isOurs = await rename(path, own).then(
      () => true,
      () => false,
    );
    if (isOurs) break;
  }
  return own;
}

/** Leaves a partial file to the next pull. */
export async function releasePartialFile(own: string, blobs: string, hash: string): Promise<void> {
  await rename(own, join(blobs, hash + ENDING)).catch(() => undefined);
}

/** Removes what earlier pulls left of a blob that is whole now. */
export async function removeAbandonedFiles(blobs: string, hash: string): Promise<void> {
  for (const { path } of await abandonedFiles(blobs, hash)) await rm(path, { force: true });
}

/** Bytes of the blob `hash` that a claim would find here. */
export async function abandonedBytes(blobs: string, hash: string): Promise<number> {
  return (await abandonedFiles(blobs, hash))[0]?.size ?? 0;
}

/** Partial files of `hash` that nobody writes to, the longest first. */
async function abandonedFiles(blobs: string, hash: string): Promise<{ path: string; size: number }[]> {
  const names = (await readdir(blobs)).filter((name) => name.startsWith(`${hash}.`) && name.endsWith(ENDING));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(blobs, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || !isAbandoned(name.slice(hash.length, -ENDING.length), found.mtimeMs))
        return [];
      return [{ path, size: found.size }];
    }),
  );
  return files.flat().sort((a, b) => b.size - a.size);
}

/** `owner` is empty for a file that was released, else `.machine-pid-…`. */
function isAbandoned(owner: string, writtenMs: number): boolean {
  if (owner === '') return true;
  const [name, pid] = owner.slice(1).split('-');
  if (name === machine() && /^\d+$/.test(pid ?? '')) return !isAlive(Number(pid));
  return Date.now() - writtenMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function machine(): string {
  return hostname().replace(/[^a-zA-Z0-9]/g, '');
}
