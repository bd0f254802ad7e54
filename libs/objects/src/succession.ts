import { createHash, randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, lutimes, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { flushFolder } from './durable-folders.ts';
import { hasCode } from './file-errors.ts';

/**
 * How one version of an object is followed by another, with no lock and no server. Version v of a path has at most one
 * successor: who creates the claim of (path, v), a symbolic link that names the prepared next file, has won. Then the
 * next file is renamed over the path, and the claim is removed. Anybody can finish what a killed winner began, for the
 * next file is there to be renamed only once. Versions never come again, and a claim counts only if v still stood after
 * it was made: so a writer that sleeps between any two steps damages nothing.
 */

/** What stands at a path. */
export interface Standing {
  /** Differs between any two writes, also of the same bytes. */
  version: string;
  modifiedNs: bigint;
  /** False for the mark that a deletion leaves, and for any other symbolic link: they are followed nowhere. */
  isObject: boolean;
}

/** Names of files that are to follow others. */
const NEXT_PREFIX = '.next-';
const NEXT_NAME = /^\.next-[0-9a-f-]{36}$/;
const CLAIM_PREFIX = '.claim-';
/** What the symbolic link at a deleted object's path points to; nothing of that name exists. */
const DELETED = '.deleted';
/** Times of files are set in microseconds, and two of them lie surely between the neighbours. */
const STEP_US = 2n;

/** The version of a file: its identity and its time, which is later than that of every version before. */
export function versionOf({ ino, mtimeNs }: Pick<BigIntStats, 'ino' | 'mtimeNs'>): string {
  return `${mtimeNs.toString(36)}-${ino.toString(36)}`;
}

/** Looks what stands at a path; undefined for nothing, EISDIR for a folder. */
export async function standingAt(path: string): Promise<Standing | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    if (stats.isDirectory()) throw Object.assign(new Error(`${path} is a folder`), { code: 'EISDIR' });
    return { version: versionOf(stats), modifiedNs: stats.mtimeNs, isObject: stats.isFile() };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Sets a file's time to now, and behind `after` in any case. */
export async function stamp(path: string, after = 0n): Promise<void> {
  const nowUs = BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000));
  const nextUs = after / 1000n + STEP_US;
  const seconds = Number(nowUs > nextUs ? nowUs : nextUs) / 1e6;
  await lutimes(path, seconds, seconds);
}

/** Makes the mark of a deletion at `next`, for `succeed`. */
export function makeDeletionMark(next: string): Promise<void> {
  return symlink(DELETED, next);
}

/**
 * Lets a file that `prepare` makes (at a name beside `path`) follow `from` at `path`; returns its version, or undefined
 * where another successor was first. An error may leave a claim, which the next writer finishes.
 */
export async function succeed(
  path: string,
  from: Standing,
  prepare: (next: string) => Promise<void>,
): Promise<string | undefined> {
  const next = join(dirname(path), `${NEXT_PREFIX}${randomUUID()}`);
  try {
    await prepare(next);
    await stamp(next, from.modifiedNs);
    const version = versionOf(await lstat(next, { bigint: true }));
    if ((await claim(path, from, next)) && (await takeEffect(path, from, next))) return version;
  } catch (error) {
    // With its folder, a concurrent `deletePrefix` took everything away.
    if (!hasCode(error, 'ENOENT')) throw error;
  } finally {
    await rm(next, { force: true });
  }
  return undefined;
}

/** Finishes the succession of `from` that another writer began; false where there is none. */
export async function settle(path: string, from: Standing): Promise<boolean> {
  const name = await readlink(claimOf(path, from)).catch((error) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (name === undefined) return false;
  // A writer that slept may have claimed what had a successor already: only a claim on what stands now counts.
  if ((await standingAt(path))?.version !== from.version) return true;
  if (NEXT_NAME.test(name)) await takeEffect(path, from, join(dirname(path), name));
  else await rm(claimOf(path, from), { force: true });
  return true;
}

/**
 * Names of what successions in a folder have begun and not finished. A claim of what stands now is none, nor its next file, which
 * the next writer puts in its place.
 */
export async function unfinishedSuccessions(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const begun = names.filter(isOfSuccession);
  if (begun.length === 0) return [];
  const counting = await countingClaims(folder, names);
  const kept = new Set<string>(counting);
  for (const claim of counting) kept.add(await readlink(join(folder, claim)).catch(() => ''));
  return begun.filter((name) => !kept.has(name));
}

/** Removes what successions in a folder have not finished that were killed before `oldestMs`. */
export async function sweepSuccessions(folder: string, oldestMs: number): Promise<void> {
  for (const name of await unfinishedSuccessions(folder)) {
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    if (stats && stats.mtimeMs < oldestMs) await rm(join(folder, name), { force: true });
  }
}

function isOfSuccession(name: string): boolean {
  return name.startsWith(CLAIM_PREFIX) || name.startsWith(NEXT_PREFIX);
}

/** Names of the claims of what stands now. */
async function countingClaims(folder: string, names: readonly string[]): Promise<string[]> {
  const counting: string[] = [];
  for (const name of names.filter((one) => !one.startsWith('.'))) {
    const path = join(folder, name);
    const standing = await standingAt(path).catch(() => undefined);
    const claim = standing && basename(claimOf(path, standing));
    if (claim !== undefined && names.includes(claim)) counting.push(claim);
  }
  return counting;
}

/** Of all who claim one version one wins, as long as it stands; a claim that came too late is taken back. */
async function claim(path: string, from: Standing, next: string): Promise<boolean> {
  try {
    await symlink(basename(next), claimOf(path, from));
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  if ((await standingAt(path))?.version === from.version) return true;
  // It stands no more. Where `next` is gone, another has finished this very claim.
  if (await isGone(next)) return true;
  await rm(claimOf(path, from), { force: true });
  return false;
}

/** Moves the claimed file to its place, unless another did; false where a crash of the machine lost it. */
async function takeEffect(path: string, from: Standing, next: string): Promise<boolean> {
  const isLost = !(await moved(next, path)) && (await standingAt(path))?.version === from.version;
  await rm(claimOf(path, from), { force: true });
  await flushFolder(dirname(path));
  return !isLost;
}

/** Renames a file; false where it, or the folder that it should go to, is not there any more. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function isGone(path: string): Promise<boolean> {
  return (await standingAt(path)) === undefined;
}

function claimOf(path: string, { version }: Standing): string {
  const hash = createHash('sha256')
    .update(`${basename(path)} ${version}`)
    .digest('hex');
  return join(dirname(path), `${CLAIM_PREFIX}${hash.slice(0, 40)}`);
}
