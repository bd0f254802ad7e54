import { readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { readClaims } from './copy-claims.ts';
import { asideFile, copyOf, dataFile, holderOf, manifestFile } from './copy-files.ts';
import { isCurrent, readManifest } from './copy-manifest.ts';

export interface RemovalRequest {
  /** Most bytes of all copies. */
  maxBytes: number;
  /** Bytes of a copy that is about to be made. */
  wantedBytes: number;
  /** The claim under which copies are taken away. */
  holder: string;
}

interface StoredCopy {
  key: string;
  bytes: number;
  usedMs: number;
  isCurrent: boolean;
}

/**
 * Removes from `folder` what nobody claims: files that a writer left, copies whose model is gone or has
 * changed, and then the least recently used copies, until all of them and the wanted one stay below
 * `maxBytes` and fit on the disk.
 */
export async function removeStaleCopies(folder: string, request: RemovalRequest): Promise<void> {
  const { maxBytes, wantedBytes, holder } = request;
  // In this order: who writes a file aside has claimed before, so whatever is listed finds its claim.
  const names = await readdir(folder);
  const { keys: claimed, ids } = await readClaims(folder);
  for (const name of names) {
    const owner = holderOf(name);
    if (owner !== undefined && !ids.has(owner)) await rm(join(folder, name), { force: true });
  }
  const keys = new Set(names.map(copyOf).filter((key) => key !== undefined));
  const copies = await Promise.all([...keys].map((key) => describe(folder, key)));
  const free = copies.filter(({ key }) => !claimed.has(key)).sort((a, b) => a.usedMs - b.usedMs);
  const stored = copies.reduce((sum, { bytes }) => sum + bytes, 0);
  let excess = Math.max(stored + wantedBytes - maxBytes, wantedBytes - (await freeBytes(folder)));
  const stale = free.filter((copy) => !copy.isCurrent);
  for (const copy of [...stale, ...free.filter((copy) => copy.isCurrent)]) {
    if (copy.isCurrent && excess <= 0) break;
    if (await removeCopy(folder, copy.key, holder)) excess -= copy.bytes;
  }
}

/** Bytes that can be written to the disk of `folder`. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function describe(folder: string, key: string): Promise<StoredCopy> {
  const manifest = await readManifest(folder, key);
  const sizeOf = (name: string) => stat(join(folder, name)).catch(() => undefined);
  const [data, used] = await Promise.all([sizeOf(dataFile(key)), sizeOf(manifestFile(key))]);
  const isWanted = manifest !== undefined && data !== undefined && (await isCurrent(manifest));
  return { key, bytes: data?.size ?? 0, usedMs: used?.mtimeMs ?? 0, isCurrent: isWanted };
}

/**
 * Takes a copy away before it is removed, and puts it back where it was claimed meanwhile: whoever claims it
 * later finds it gone and makes it anew. Tells whether it was removed.
 */
async function removeCopy(folder: string, key: string, holder: string): Promise<boolean> {
  const files = [manifestFile(key), dataFile(key)];
  for (const name of files) await moveIfThere(join(folder, name), join(folder, asideFile(name, holder)));
  const { keys } = await readClaims(folder);
  const asides = files.map((name) => join(folder, asideFile(name, holder)));
  if (!keys.has(key)) {
    await Promise.all(asides.map((path) => rm(path, { force: true })));
    return true;
  }
  for (const name of files.toReversed())
    await moveIfThere(join(folder, asideFile(name, holder)), join(folder, name));
  return false;
}

async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
