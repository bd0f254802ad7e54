import { createHash } from 'node:crypto';
import { type FileHandle, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import { type FileProblem, openBelow } from '@facet/mesh';
import type { ManifestFile } from '@facet/objects';
import type { SaeFiles } from '@facet/sae';
import { type Location, outsideRoots, requireBelow, resolveExisting, toPath } from './sae-directory.ts';

/** The files of an SAE to import; what is read is hashed. */
export interface SourceFiles extends SaeFiles {
  /** What was read so far, by name. */
  hashes(): Record<string, ManifestFile>;
}

/** More files than this in a folder mean that it is not the folder of one SAE. */
const MAX_FILES = 10_000;
/** Files are read in pieces of this size. */
const READ_BYTES = 64 << 20;
const ROOTS_VARIABLE = 'FACET_SAE_IMPORT_ROOTS';

/** Opens a folder or one file below one of the roots; links are resolved before anything is opened. */
export async function openSourceFiles({ uri, roots }: Location): Promise<SourceFiles> {
  const path = await resolveExisting(toPath(uri), uri);
  await requireBelow(path, roots, { uri, variable: ROOTS_VARIABLE });
  const isFile = (await stat(path)).isFile();
  const directory = isFile ? dirname(path) : path;
  const source = uri.replace(/\/+$/, '');
  const shownFolder = isFile ? dirname(source) : source;
  const hashes: Record<string, ManifestFile> = {};
  return {
    source,
    names: await listNames(directory, shownFolder),
    weights: isFile ? basename(path) : undefined,
    async read(name, maxBytes) {
      const shown = `${shownFolder}/${name}`;
      const opened = await openBelow(join(directory, name), roots);
      if (opened.file === undefined) throw refusal(shown, opened);
      await using file = opened.file;
      const { bytes, sha256 } = await readWhole(file, { shown, maxBytes });
      hashes[name] = { bytes: bytes.byteLength, sha256 };
      return bytes;
    },
    hashes: () => ({ ...hashes }),
  };
}

/** Reads and hashes a file in pieces, for one read call takes at most 2 GiB. */
async function readWhole(
  file: FileHandle,
  { shown, maxBytes }: { shown: string; maxBytes: number },
): Promise<{ bytes: Uint8Array; sha256: string }> {
  const { size } = await file.stat();
  if (size > maxBytes)
    throw new FacetError('invalid', `${quote(shown)} has ${size} bytes; the limit is ${maxBytes}`, {
      field: 'uri',
    });
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, size - at), at);
    if (bytesRead === 0)
      throw new FacetError('data-loss', `${quote(shown)} ended at byte ${at}; it was cut while in use`);
    hash.update(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function refusal(shown: string, { problem, cause }: { problem: FileProblem; cause?: unknown }): FacetError {
  if (problem === 'outside') return outsideRoots(shown, { variable: ROOTS_VARIABLE, none: false });
  if (problem === 'irregular')
    return new FacetError('invalid', `${quote(shown)} is not a regular file`, { field: 'uri' });
  const message = `${quote(shown)} does not exist or cannot be read`;
  return new FacetError('not-found', message, { cause, field: 'uri' });
}

async function listNames(directory: string, shown: string): Promise<string[]> {
  const names = await readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    const message = `${quote(shown)} cannot be read (${cause.code}); name a folder or a file`;
    throw new FacetError('invalid', message, { cause, field: 'uri' });
  });
  if (names.length <= MAX_FILES) return names;
  const message = `${quote(shown)} has ${names.length} files, more than ${MAX_FILES}; name the folder of one SAE`;
  throw new FacetError('invalid', message, { field: 'uri' });
}
