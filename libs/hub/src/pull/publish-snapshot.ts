import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A revision whose blobs are all there. */
export interface Publication {
  /** Folder of the repository in the cache. */
  folder: string;
  commit: string;
  /** Branch or tag that was asked for, or the commit itself. */
  revision: string;
  /** File name to blob; the files that make the folder a model come last. */
  blobs: ReadonlyMap<string, string>;
}

/**
 * Makes the snapshot of a revision in the layout of the Hugging Face cache, links into the blobs, all at once; where
 * another program left a part of it, what is missing is added. Then lets the revision point to it. Gives its path.
 */
export async function publishSnapshot({ folder, commit, revision, blobs }: Publication): Promise<string> {
  const snapshot = join(folder, 'snapshots', commit);
  await mkdir(dirname(snapshot), { recursive: true });
  const fresh = `${snapshot}.${randomUUID()}.incomplete`;
  try {
    await mkdir(fresh);
    for (const [name, blob] of blobs) await link(blob, join(fresh, name));
    await rename(fresh, snapshot).catch(() => completeSnapshot(snapshot, blobs));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  if (revision !== commit) await writeRef(join(folder, 'refs', revision), commit);
  return snapshot;
}

/** Puts right every name that does not lead to its blob. */
async function completeSnapshot(snapshot: string, blobs: ReadonlyMap<string, string>): Promise<void> {
  await readdir(snapshot);
  for (const [name, blob] of blobs) {
    const path = join(snapshot, name);
    const [target, wanted] = await Promise.all([path, blob].map((at) => realpath(at).catch(() => undefined)));
    if (target !== undefined && target === wanted) continue;
    const fresh = `${path}.${randomUUID()}.incomplete`;
    await link(blob, fresh);
    await rename(fresh, path);
  }
}

/** Links where the file system can, else copies. */
async function link(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(relative(dirname(path), blob), path).catch(() => copyFile(blob, path));
}

async function writeRef(path: string, commit: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${randomUUID()}.incomplete`;
  await writeFile(fresh, commit);
  await rename(fresh, path);
}
