import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Temporary files live beside the objects, on the same file system; no key can start with a dot. */
export const TEMP_FOLDER = '.tmp';
/** One write call; between two of them an abort is noticed and the event loop runs. */
const WRITE_BYTES = 4 * 1024 * 1024;

export interface TempFiles {
  /** Names a fresh path in the temporary folder, which exists. */
  path(): Promise<string>;
  /** Writes and flushes `chunks` to a fresh file; removes it again if that fails. */
  write(chunks: readonly Uint8Array[], signal?: AbortSignal): Promise<{ path: string; sha256: string }>;
}

/** Keeps the temporary files of the store at `directory`. */
export function createTempFiles(directory: string): TempFiles {
  const folder = join(directory, TEMP_FOLDER);
  const path = async () => {
    await mkdir(folder, { recursive: true });
    return join(folder, randomUUID());
  };
  const write: TempFiles['write'] = async (chunks, signal) => {
    const target = await path();
    try {
      await using file = await open(target, 'wx');
      const sha256 = await writeChunks(file, chunks, signal);
      await file.sync();
      return { path: target, sha256 };
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
  };
  return { path, write };
}

async function writeChunks(
  file: FileHandle,
  chunks: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks)
    for (let start = 0; start < chunk.byteLength; start += WRITE_BYTES) {
      signal?.throwIfAborted();
      const part = chunk.subarray(start, start + WRITE_BYTES);
      hash.update(part);
      await writeFully(file, part);
    }
  return hash.digest('hex');
}

/** A short write is continued: the next call then reports why (a full disk). */
async function writeFully(file: FileHandle, part: Uint8Array): Promise<void> {
  for (let done = 0; done < part.byteLength; )
    done += (await file.write(part, done, part.byteLength - done)).bytesWritten;
}
