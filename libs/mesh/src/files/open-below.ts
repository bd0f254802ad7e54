import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, statfs } from 'node:fs/promises';
import { resolve, sep } from 'node:path';

/** Why a file that a caller named is not read. */
export type FileProblem =
  /** It lies below none of the folders; whether it is there is not told. */
  | 'outside'
  /** It would lie below one of them, and is not there. */
  | 'absent'
  /** A folder, device, pipe or socket, or a file that the kernel makes up (/proc, /sys). */
  | 'irregular'
  | 'unreadable';

/** A regular file, open for reading, or why not. */
export type OpenedBelow =
  | { file: FileHandle; problem?: undefined }
  | { problem: FileProblem; cause?: unknown; file?: undefined };

/** What statfs calls proc, sysfs, debugfs, tracefs, securityfs, cgroup and cgroup2. */
const KERNEL_FILE_SYSTEMS = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x27e0eb, 0x63677270,
]);

/** Links are resolved already, a pipe is not waited for, a terminal is not taken over. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a regular file that lies below one of `roots` (folders, or single files), all links resolved. What was opened is
 * looked at again: a path that changes between the check and the opening leads nowhere else.
 */
export async function openBelow(path: string, roots: readonly string[]): Promise<OpenedBelow> {
  const resolved = await realPathBelow(path, roots);
  if (resolved.problem !== undefined) return resolved;
  let file: FileHandle | undefined;
  try {
    if (!(await lstat(resolved.path)).isFile()) return { problem: 'irregular' };
    file = await open(resolved.path, FLAGS);
    const problem = await problemOf(file, resolved);
    if (problem === undefined) return { file };
    await file.close();
    return { problem };
  } catch (cause) {
    await file?.close();
    return { problem: 'unreadable', cause };
  }
}

type ResolvedPath =
  | { path: string; realRoots: readonly string[]; problem?: undefined }
  | { problem: FileProblem; cause?: unknown };

/** Resolves the links of a path, which must end below one of `roots`; it may be a folder. */
export async function realPathBelow(path: string, roots: readonly string[]): Promise<ResolvedPath> {
  const found = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  const realRoots = found.filter((root) => root !== undefined);
  try {
    const real = await realpath(path);
    return isBelow(real, realRoots) ? { path: real, realRoots } : { problem: 'outside' };
  } catch (cause) {
    if (!isBelow(resolve(path), [...roots, ...realRoots])) return { problem: 'outside', cause };
    const { code } = cause as NodeJS.ErrnoException;
    return { problem: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable', cause };
  }
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));
}

async function problemOf(
  file: FileHandle,
  { path, realRoots }: { path: string; realRoots: readonly string[] },
): Promise<FileProblem | undefined> {
  const opened = await file.stat();
  if (!opened.isFile()) return 'irregular';
  if (process.platform === 'linux') {
    const descriptor = `/proc/self/fd/${file.fd}`;
    if (KERNEL_FILE_SYSTEMS.has((await statfs(descriptor)).type)) return 'irregular';
    return isBelow(await readlink(descriptor), realRoots) ? undefined : 'outside';
  }
  const again = await realpath(path);
  const { ino, dev } = await lstat(again);
  return isBelow(again, realRoots) && ino === opened.ino && dev === opened.dev ? undefined : 'outside';
}
