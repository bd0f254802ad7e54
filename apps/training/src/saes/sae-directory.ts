import { randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import { parseFileUri } from '@facet/mesh';

/** What a rename over a directory that holds files, or over a file, says. */
const TAKEN_CODES: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/** Where an SAE lies outside the object store. */
export interface Location {
  /** A path or `file://` URL. */
  uri: string;
  /** Folders below which it must lie, links resolved. */
  roots: readonly string[];
}

/** The files of an SAE to write, by name; chunks are written one after the other. */
export interface DirectoryContent extends Location {
  files: Readonly<Record<string, readonly Uint8Array[]>>;
}

/**
 * Writes files into a new directory below one of the roots; it appears whole or not at all, and of many at once one
 * writes it, the others get `exists`. Returns the files' names.
 */
export async function writeSaeDirectory({ uri, roots, files }: DirectoryContent): Promise<string[]> {
  const path = toPath(uri);
  const parent = await resolveExisting(dirname(path), dirname(uri));
  await requireBelow(parent, roots, { uri, variable: 'FACET_SAE_EXPORT_ROOTS' });
  const target = join(parent, basename(path));
  if (await exists(target)) throw taken(uri);
  const partial = `${target}.partial-${randomUUID()}`;
  try {
    await mkdir(partial);
    for (const [name, chunks] of Object.entries(files)) await writeDurably(join(partial, name), chunks);
    // Of many at once the first fills the name: no directory is renamed over one that holds files.
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw writeFailure(uri, error);
  }
  return Object.keys(files);
}

function writeFailure(uri: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (TAKEN_CODES.has(code ?? '')) return taken(uri, cause);
  if (code === undefined || syscall === undefined) return cause;
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'exhausted' : 'precondition';
  const message = `${quote(uri)} cannot be written (${code}); choose another directory or make room there`;
  return new FacetError(kind, message, { cause, field: 'uri', reason: 'DIRECTORY_UNWRITABLE' });
}

/** The path of a `file://` URL or absolute path. */
export function toPath(uri: string): string {
  return resolve(parseFileUri(uri, { field: 'uri' }));
}

/** Resolves every link of a path. */
export async function resolveExisting(path: string, shown: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new FacetError('not-found', `${quote(shown)} does not exist or cannot be read`, {
      cause,
      field: 'uri',
    });
  }
}

/** Refuses (precondition) a path, links resolved, that lies below none of the roots. */
export async function requireBelow(
  path: string,
  roots: readonly string[],
  { uri, variable }: { uri: string; variable: string },
): Promise<void> {
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real !== undefined && (path === real || path.startsWith(real.endsWith(sep) ? real : real + sep)))
      return;
  }
  throw outsideRoots(uri, { variable, none: roots.length === 0 });
}

/** The error about a path that lies below none of the folders of a variable; it does not name them. */
export function outsideRoots(
  uri: string,
  { variable, none }: { variable: string; none: boolean },
): FacetError {
  const message = `${quote(uri)} is not below a folder of ${variable}${none ? ', which is not set' : ''}`;
  return new FacetError('precondition', message, { field: 'uri', reason: 'OUTSIDE_ROOTS' });
}

function taken(uri: string, cause?: unknown): FacetError {
  const message = `${quote(uri)} exists already; choose another directory`;
  return new FacetError('exists', message, { field: 'uri', cause });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeDurably(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}
