import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import type { HubClient, RemoteFile } from './hub-client.ts';
import { claimPartialFile, releasePartialFile, removeAbandonedFiles } from './partial-file.ts';

/** Where blobs lie and how a download is watched. */
export interface BlobDownload {
  client: HubClient;
  /** Folder of the blobs; a blob is called by its hash, and is whole. */
  blobs: string;
  signal: AbortSignal;
  /** Told the bytes of the file that are here. */
  onBytes(here: number): void;
}

/**
 * Brings a file of the hub into the folder of blobs, going on where an earlier pull ended, and checks its hash before it gets
 * its name. A blob that is there and has its hash is left; one that is damaged is brought anew. Gives its path.
 */
export async function downloadBlob(file: RemoteFile, download: BlobDownload): Promise<string> {
  const { blobs, signal, onBytes } = download;
  const path = join(blobs, file.hash);
  if (await isWhole(path, file, signal)) {
    onBytes(file.size);
    return path;
  }
  const partial = await claimPartialFile(blobs, file.hash);
  try {
    await fill(partial, file, download);
    await rename(partial, path);
    await removeAbandonedFiles(blobs, file.hash);
    return path;
  } catch (error) {
    await releasePartialFile(partial, blobs, file.hash);
    throw asWriteError(error, file);
  }
}

/** Fills the partial file; where what was there already turns out to be wrong, once more from the beginning. */
async function fill(partial: string, file: RemoteFile, download: BlobDownload): Promise<void> {
  const wasThere = (await stat(partial).catch(() => undefined))?.size ?? 0;
  for (const isFresh of wasThere > 0 ? [false, true] : [true]) {
    if (isFresh) await rm(partial, { force: true });
    // A hub without ranges begins anew each time: only bytes further than ever are progress.
    let furthest = 0;
    await download.client.persist((noteProgress) => {
      const onBytes = (here: number) => {
        if (here > furthest) noteProgress();
        furthest = Math.max(furthest, here);
        download.onBytes(here);
      };
      return fetchRest(partial, file, { ...download, onBytes });
    });
    if (await isWhole(partial, file, download.signal)) return;
  }
  await rm(partial, { force: true });
  throw new FacetError(
    'data-loss',
    `${file.path} came with other bytes than its hash ${file.hash} says and was thrown away; pull again, or check HF_ENDPOINT`,
    { reason: 'HUB_FILE_CORRUPT', metadata: { url: file.url } },
  );
}

/** Fetches what the partial file lacks, each byte to its own place. */
async function fetchRest(
  partial: string,
  file: RemoteFile,
  { client, onBytes }: BlobDownload,
): Promise<void> {
  const handle = await open(partial, 'a').then(async (created) => {
    await created.close();
    return open(partial, 'r+');
  });
  try {
    let position = await usableBytes(handle, file.size);
    onBytes(position);
    if (position === file.size) return;
    await client.readBytes(file, position, {
      async begin(at) {
        position = at;
        await handle.truncate(at);
      },
      async write(chunk) {
        if (position + chunk.byteLength > file.size) throw tooLong(file);
        await writeFully(handle, chunk, position);
        position += chunk.byteLength;
        onBytes(position);
      },
    });
    if (position < file.size) throw cutOff(file, position);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A partial file that is longer than the file is another one. */
async function usableBytes(handle: FileHandle, size: number): Promise<number> {
  const here = (await handle.stat()).size;
  if (here <= size) return here;
  await handle.truncate(0);
  return 0;
}

async function writeFully(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; )
    done += (await handle.write(chunk, done, chunk.byteLength - done, position + done)).bytesWritten;
}

/** Tells whether the file at `path` has the bytes that the hub names. */
async function isWhole(path: string, { size, hash }: RemoteFile, signal: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== size) return false;
  const digest = hash.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 }))
    digest.update(chunk as Buffer);
  return digest.digest('hex') === hash;
}

function tooLong({ path, size }: RemoteFile): FacetError {
  return new FacetError(
    'data-loss',
    `the hub sends more than the ${size} bytes of ${path}; check HF_ENDPOINT`,
    {
      reason: 'HUB_FILE_CORRUPT',
    },
  );
}

function cutOff({ path, size }: RemoteFile, here: number): FacetError {
  return new FacetError(
    'unavailable',
    `the hub ended ${path} after ${here} of ${size} bytes; pull again: what has come already is kept`,
    { reason: 'HUB_UNREACHABLE' },
  );
}

function asWriteError(error: unknown, { path, size }: RemoteFile): unknown {
  const code = isFacetError(error) ? undefined : (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FacetError(
      'exhausted',
      `no space for the ${size} bytes of ${path} (${code}); free some and pull again`,
      {
        cause: error,
        reason: 'DISK_FULL',
      },
    );
  return error;
}
