import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { missingFile, throwIfCancelled } from './model-text.ts';

const READ_BYTES = 1 << 20;

/** Hashes the file at `path`: sha256, lower-case hex. One that is missing is `not-found`. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { signal, highWaterMark: READ_BYTES }))
      hash.update(chunk as Buffer);
  } catch (cause) {
    throwIfCancelled(signal, path);
    throw missingFile(cause, path);
  }
  return hash.digest('hex');
}
