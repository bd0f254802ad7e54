import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { decodeFloats, dtypeBytes, elementCount } from '@facet/tensor';
import { sha256File } from '../file-hash.ts';
import { throwIfCancelled } from '../model-text.ts';
import type { Weight } from '../model-weights.ts';

/** Elements that are converted at once. */
const PIECE_ELEMENTS = 1 << 21;

type FileHandle = Awaited<ReturnType<typeof open>>;

/** A copy that is to be written. */
export interface CopyPlan {
  /** Where the stored weights lie. */
  weightFolder: string;
  stored: readonly Weight[];
  /** Where each of them goes, by name; in the order of `stored`. */
  places: ReadonlyMap<string, Weight>;
  /** Bytes of the whole copy. */
  bytes: number;
  signal: AbortSignal | undefined;
}

/**
 * Writes every weight as F32 in its place of the new file `path`, flushes it and reads it again: returns its
 * sha256. A disk that gives back something else is `data-loss`.
 */
export async function writeCopy(plan: CopyPlan, path: string): Promise<string> {
  const written = await writeWeights(plan, path);
  const read = await sha256File(path, plan.signal);
  if (read === written) return written;
  throw new FacetError('data-loss', `${path} reads otherwise than it was written; check the disk`, {
    reason: 'WEIGHT_COPY_DAMAGED',
  });
}

async function writeWeights(
  { stored, places, bytes, weightFolder, signal }: CopyPlan,
  path: string,
): Promise<string> {
  const hash = createHash('sha256');
  let at = 0;
  await using target = await open(path, 'wx');
  const append = async (data: Uint8Array) => {
    hash.update(data);
    await writeFully(target, data, at);
    at += data.byteLength;
  };
  for (const weight of stored) {
    await append(new Uint8Array(places.get(weight.name)!.byteOffset - at));
    await using source = await open(join(weightFolder, weight.file), 'r');
    const size = dtypeBytes(weight.dtype);
    const count = elementCount(weight.shape);
    for (let from = 0; from < count; from += PIECE_ELEMENTS) {
      throwIfCancelled(signal, path);
      const elements = Math.min(PIECE_ELEMENTS, count - from);
      const raw = new Uint8Array(elements * size);
      await readFully(source, raw, weight.byteOffset + from * size);
      const { buffer, byteOffset, byteLength } = decodeFloats(raw, weight.dtype, weight.name);
      await append(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  await append(new Uint8Array(bytes - at));
  await target.sync();
  return hash.digest('hex');
}

async function readFully(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const { bytesRead } = await file.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw new FacetError('data-loss', 'a weight file was cut while it was read');
    done += bytesRead;
  }
}

/** A full disk may take a part. */
async function writeFully(file: FileHandle, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.byteLength; )
    done += (await file.write(data, done, data.byteLength - done, position + done)).bytesWritten;
}
