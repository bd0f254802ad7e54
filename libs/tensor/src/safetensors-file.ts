import { type FileHandle, open } from 'node:fs/promises';
import { FacetError, quote } from '@facet/errors';
import { decodeFloats } from './floats.ts';
import {
  LENGTH_BYTES,
  parseSafetensorsHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from './safetensors-header.ts';
import { requireEntry } from './safetensors-view.ts';

/** One read call asks for at most this much; larger tensors are read in several. */
const MAX_READ_BYTES = 256 * 1024 * 1024;

/** An open safetensors file whose tensors are read one at a time. */
export interface SafetensorsFile {
  path: string;
  header: SafetensorsHeader;
  /** Reads a tensor's bytes, or those from `range.start` up to `range.end` (counted inside the tensor). */
  readRaw(name: string, range?: { start?: number; end?: number }): Promise<Uint8Array>;
  /** Reads F32, F16 or BF16 as f32. */
  readF32(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens a local safetensors file and checks its header. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const header = await readHeader(file, path);
    const readRaw: SafetensorsFile['readRaw'] = async (name, range = {}) => {
      const { byteOffset, byteLength } = requireEntry(header, name, path);
      const { start = 0, end = byteLength } = range;
      if (!(start >= 0 && start <= end && end <= byteLength))
        throw new FacetError(
          'invalid',
          `bytes ${start}..${end} lie outside tensor ${name} [0, ${byteLength}]`,
        );
      return readExactly(file, { path, position: byteOffset + start, bytes: end - start });
    };
    const readF32 = async (name: string) =>
      decodeFloats(await readRaw(name), header.entries.get(name)!.dtype, `tensor ${quote(name)} of ${path}`);
    return { path, header, readRaw, readF32, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads and checks only the header of a local safetensors file. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const file = await openFile(path);
  try {
    return await readHeader(file, path);
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new FacetError('not-found', `${path} does not exist`, { cause });
    throw new FacetError('invalid', `${path} cannot be opened (${code})`, { cause });
  }
}

async function readHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new FacetError('invalid', `${path} is not a regular file`);
  const length = await readExactly(file, { path, position: 0, bytes: Math.min(LENGTH_BYTES, stats.size) });
  const headerBytes = readHeaderLength(length, stats.size, path);
  const prefix = await readExactly(file, { path, position: 0, bytes: LENGTH_BYTES + headerBytes });
  return parseSafetensorsHeader(prefix, stats.size, path);
}

interface Span {
  path: string;
  position: number;
  bytes: number;
}

async function readExactly(file: FileHandle, { path, position, bytes }: Span): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  while (filled < bytes) {
    const length = Math.min(bytes - filled, MAX_READ_BYTES);
    const { bytesRead } = await file.read(buffer, filled, length, position + filled);
    if (bytesRead === 0)
      throw new FacetError(
        'data-loss',
        `${path} ended at byte ${position + filled}; it was cut while in use`,
      );
    filled += bytesRead;
  }
  return buffer;
}
