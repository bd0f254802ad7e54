import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { bytesOf, decodeFloats, dtypeBytes, elementCount } from '@facet/tensor';
import { sha256File } from '../file-hash.ts';
import { throwIfCancelled } from '../model-text.ts';
import type { Weight } from '../model-weights.ts';

/** Elements that are converted at once. */
const PIECE_ELEMENTS = 1 << 21;

type FileHandle = Awaited<ReturnType<typeof open>>;

/** A part of a copy. */
export interface CopyPart {
  byteOffset: number;
  /** Its bytes, a piece at a time. */
  contents(signal: AbortSignal | undefined): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A copy that is to be written. */
export interface CopyPlan {
  /** Where the stored weights lie. */
  weightFolder: string;
  /** The files there that they lie in. */
  files: readonly string[];
  /** In the order of their offsets; between them are zeros. */
  parts: readonly CopyPart[];
  /** Bytes of the whole copy. */
  bytes: number;
  signal: AbortSignal | undefined;
}

/**
 * Writes every part in its place of the new file `path`, flushes it and reads it again: returns its sha256. A
 * disk that gives back something else is `data-loss`.
 */
export async function writeCopy(plan: CopyPlan, path: string): Promise<string> {
  const written = await writeParts(plan, path);
  const read = await sha256File(path, plan.signal);
  if (read === written) return written;
  throw new FacetError('data-loss', `${path} reads otherwise than it was written; check the disk`, {
    reason: 'WEIGHT_COPY_DAMAGED',
  });
}

async function writeParts({ parts, bytes, signal }: CopyPlan, path: string): Promise<string> {
  const hash = createHash('sha256');
  let at = 0;
  await using target = await open(path, 'wx');
  const append = async (data: Uint8Array) => {
    throwIfCancelled(signal, path);
    hash.update(data);
    await writeFully(target, data, at);
    at += data.byteLength;
  };
  for (const { byteOffset, contents } of parts) {
    await append(new Uint8Array(byteOffset - at));
    for await (const piece of contents(signal)) await append(piece);
  }
  await append(new Uint8Array(bytes - at));
  await target.sync();
  return hash.digest('hex');
}

/** Reads a stored weight as F32, a piece at a time. */
export async function* readFloats(
  weightFolder: string,
  { file, dtype, shape, name, byteOffset }: Weight,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  await using source = await open(join(weightFolder, file), 'r');
  const size = dtypeBytes(dtype);
  const count = elementCount(shape);
  for (let from = 0; from < count; from += PIECE_ELEMENTS) {
    throwIfCancelled(signal, file);
    const raw = new Uint8Array(Math.min(PIECE_ELEMENTS, count - from) * size);
    await readFully(source, raw, byteOffset + from * size);
    yield decodeFloats(raw, dtype, name);
  }
}

/** The part that is a stored weight as F32. */
export function floatPart(weightFolder: string, weight: Weight, byteOffset: number): CopyPart {
  return {
    byteOffset,
    async *contents(signal) {
      for await (const values of readFloats(weightFolder, weight, signal)) yield bytesOf(values);
    },
  };
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
