import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { type FileChecks, UNREMEMBERED } from '../file-checks.ts';
import { sha256File } from '../file-hash.ts';
import { type CopyClaim, claimCopy } from './copy-claims.ts';
import { asideFile, dataFile, manifestFile } from './copy-files.ts';
import { type CopySource, describeSource, isCurrent, readManifest, writeManifest } from './copy-manifest.ts';
import { ignoreUnwritable, isFull, isReadOnly } from './disk-errors.ts';
import { freeBytes, removeStaleCopies } from './stale-copies.ts';
import { type CopyPlan, writeCopy } from './write-copy.ts';

export interface CopyOptions {
  /** Folder of the copies. */
  folder: string;
  /** Most bytes of all copies; the least recently used that nobody maps are removed. @default no bound */
  maxBytes?: number;
  /** Who remembers that a copy was read and found whole. @default it is read every time */
  checks?: FileChecks | undefined;
  signal?: AbortSignal | undefined;
}

/** A copy that is whole, and nobody's to remove until it is released. */
export interface OpenCopy {
  path: string;
  warnings: readonly string[];
  release(): Promise<void>;
}

/** What is claimed by those who only tidy up. */
const NO_COPY = 'none';

interface WantedCopy extends Omit<CopyPlan, 'signal'> {
  /** Name of the copy, of hexadecimal digits. */
  key: string;
}

/**
 * Finds a copy of weights or makes it: written aside, flushed, read again, renamed, and only then
 * described by a manifest with its sha256, so that a crash leaves nothing that is taken for a copy. A copy
 * that no longer has that sha256 is made anew. Copies that nobody uses are removed where their model is gone
 * or has changed, or where there are too many. A full disk is `exhausted` and names the bytes.
 */
export async function openCopy(wanted: WantedCopy, options: CopyOptions): Promise<OpenCopy> {
  const { folder } = options;
  try {
    await mkdir(folder, { recursive: true });
    const claim = await claimCopy(folder, wanted.key);
    try {
      const warnings = await prepareCopy(wanted, { ...options, claim });
      return { path: join(folder, dataFile(wanted.key)), warnings, release: claim.release };
    } catch (error) {
      await claim.release();
      throw error;
    }
  } catch (error) {
    throw explain(error, wanted.bytes, folder);
  }
}

/**
 * Removes the copies that nobody needs, for a model that has none; a folder that is not there or cannot be
 * written stays as it is.
 */
export async function tidyCopies({
  folder,
  maxBytes = Number.POSITIVE_INFINITY,
}: CopyOptions): Promise<void> {
  try {
    const claim = await claimCopy(folder, NO_COPY);
    await removeStaleCopies(folder, { maxBytes, wantedBytes: 0, holder: claim.id }).finally(claim.release);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTDIR'].includes(code)) ignoreUnwritable(error);
  }
}

interface Preparation extends CopyOptions {
  claim: CopyClaim;
}

async function prepareCopy(wanted: WantedCopy, preparation: Preparation): Promise<string[]> {
  const { folder, claim, maxBytes = Number.POSITIVE_INFINITY } = preparation;
  const state = await inspect(wanted, preparation);
  const wantedBytes = state === 'whole' ? 0 : wanted.bytes;
  const removal = removeStaleCopies(folder, { maxBytes, wantedBytes, holder: claim.id });
  // What cannot be removed stays; whether the copy finds room is seen when it is written.
  await removal.catch(() => undefined);
  if (state === 'whole') return [];
  await makeCopy(wanted, preparation);
  if (state === 'absent') return [];
  return [
    `the copy of the weights, ${dataFile(wanted.key)} in ${folder}, was damaged and was made anew; check the disk`,
  ];
}

/** Tells whether the copy is there and every byte of it as it was written; marks it as used. */
async function inspect(
  wanted: WantedCopy,
  preparation: Preparation,
): Promise<'whole' | 'absent' | 'damaged'> {
  const { folder, checks = UNREMEMBERED, claim, signal } = preparation;
  const path = join(folder, dataFile(wanted.key));
  const manifest = await readManifest(folder, wanted.key);
  if (manifest === undefined) return 'absent';
  const size = await stat(path).then(
    (file) => file.size,
    () => undefined,
  );
  if (size === undefined) return 'absent';
  if (size !== wanted.bytes || manifest.bytes !== wanted.bytes) return 'damaged';
  const sha256 = await checks.answer('sha256', [path], () => sha256File(path, signal));
  if (sha256 !== manifest.sha256) return 'damaged';
  try {
    const now = new Date();
    await utimes(join(folder, manifestFile(wanted.key)), now, now);
    if (!(await isCurrent(manifest)))
      await writeManifest(folder, { ...manifest, source: await sourceOf(wanted) }, claim.id);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Taken away after it was read; in a folder that cannot be written nobody does that.
    if (code === 'ENOENT') return 'absent';
    ignoreUnwritable(error);
  }
  return 'whole';
}

function sourceOf({ weightFolder, files }: WantedCopy): Promise<CopySource> {
  return describeSource(weightFolder, files);
}

async function makeCopy(wanted: WantedCopy, { folder, claim, signal }: Preparation): Promise<void> {
  const { key, bytes } = wanted;
  const free = await freeBytes(folder);
  if (free < bytes) throw diskFull(bytes, folder, { free });
  const name = dataFile(key);
  const aside = join(folder, asideFile(name, claim.id));
  try {
    const source = await sourceOf(wanted);
    const sha256 = await writeCopy({ ...wanted, signal }, aside);
    await rename(aside, join(folder, name));
    await writeManifest(folder, { key, bytes, sha256, source }, claim.id);
    await syncFolder(folder);
  } finally {
    await rm(aside, { force: true });
  }
}

/** Makes the new names last. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using handle = await open(folder, 'r');
  await handle.sync();
}

function explain(error: unknown, bytes: number, folder: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (isFull(error)) return diskFull(bytes, folder, { cause: error });
  if (!isReadOnly(error) && !['ENOTDIR', 'EEXIST'].includes(code)) return error;
  return new FacetError(
    'precondition',
    `${folder} cannot be written (${code}), and the weights need a copy to be mapped: name a folder for it, ` +
      'with FACET_INFERENCE_WEIGHT_COPIES',
    { cause: error, reason: 'WEIGHT_COPIES_NOT_WRITABLE' },
  );
}

function diskFull(
  bytes: number,
  folder: string,
  { free, cause }: { free?: number; cause?: unknown },
): FacetError {
  const left = free === undefined ? '' : `, where ${free} are free`;
  return new FacetError(
    'exhausted',
    `no space for the ${bytes} bytes of the copy of the weights in ${folder}${left}; free some, or name another ` +
      'folder with FACET_INFERENCE_WEIGHT_COPIES',
    { cause, reason: 'DISK_FULL' },
  );
}
