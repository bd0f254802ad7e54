import { readFile, stat } from 'node:fs/promises';
import { FacetError } from '@facet/errors';

/** A configuration or index file larger than this is refused unread. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Reads a small text file of the directory; one that is missing is `not-found` and named, a pipe or a device is refused unread. */
export async function readModelText(path: string): Promise<string> {
  try {
    const found = await stat(path);
    const { size } = found;
    // Reading a pipe waits for whoever writes into it, and a device may never end.
    if (!found.isFile())
      throw new FacetError('invalid', `${path} is not a regular file`, { reason: 'MODEL_FILE_IRREGULAR' });
    if (size > MAX_TEXT_BYTES)
      throw new FacetError('invalid', `${path} has ${size} bytes; the limit is ${MAX_TEXT_BYTES}`);
    return decode(await readFile(path), path);
  } catch (cause) {
    throw missingFile(cause, path);
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FacetError('invalid', `${path} is not UTF-8`, { cause, reason: 'MODEL_FILE_NOT_UTF8' });
  }
}

/** Turns "no such file" into a `not-found` that names the path; any other error stays as it is. */
export function missingFile(cause: unknown, path: string): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return cause;
  return new FacetError('not-found', `${path} does not exist; a model directory needs it`, {
    cause,
    reason: 'MODEL_FILE_MISSING',
  });
}

/** Throws `cancelled` when the caller gave up while `path` was read. */
export function throwIfCancelled(signal: AbortSignal | undefined, path: string): void {
  if (signal?.aborted === true)
    throw new FacetError('cancelled', `loading was cancelled while reading ${path}`, {
      cause: signal.reason,
    });
}
