import { crc32, inflateRawSync } from 'node:zlib';
import { FacetError } from '@facet/errors';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';

/** More entries than this are refused: a torch archive holds a few dozen. */
export const MAX_ZIP_ENTRIES = 4096;
/** Archives may unpack to this much in any case, and beyond it to `MAX_UNPACKED_RATIO` times their size. */
export const MIN_UNPACKED_BYTES = 64 << 20;
/** Weights hardly compress; an archive that unpacks to more than this many times its size is a bomb. */
export const MAX_UNPACKED_RATIO = 32;

const STORED = 0;
const DEFLATED = 8;

/** The entries of a zip archive by name; `read` unpacks one, views it where it is stored, and checks its CRC-32. */
export interface ZipArchive {
  source: string;
  names: readonly string[];
  read(name: string): Uint8Array;
}

/**
 * Opens a zip archive in memory and checks everything before anything is unpacked: names that leave the archive, entries that
 * lie outside it or overlap, encryption, unknown compression, and sizes that only a bomb has.
 */
export async function openZip(bytes: Uint8Array, source: string): Promise<ZipArchive> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans = await readDirectory(buffer, source);
  requireApart(spans, source);
  requireModest(spans, bytes.byteLength, source);
  const byName = new Map(spans.map((span) => [span.name, span]));
  if (byName.size !== spans.length) throw corrupt(source, 'has two entries of one name');
  return {
    source,
    names: [...byName.keys()],
    read(name) {
      const span = byName.get(name);
      if (!span) throw corrupt(source, `has no entry ${show(name)}`);
      return unpack(buffer, span, source);
    },
  };
}

/** Where an entry lies: its local header from `start`, its data from `dataStart` to `end`. */
interface Span {
  name: string;
  start: number;
  dataStart: number;
  end: number;
  method: number;
  bytes: number;
  crc: number;
}

async function readDirectory(buffer: Buffer, source: string): Promise<Span[]> {
  try {
    const zip = await fromBufferPromise(buffer, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
    });
    if (zip.entryCount > MAX_ZIP_ENTRIES) {
      throw corrupt(source, `announces ${zip.entryCount} entries; the limit is ${MAX_ZIP_ENTRIES}`);
    }
    const spans: Span[] = [];
    for (const entry of await listEntries(zip))
      spans.push(await locate(zip, entry, { source, size: buffer.length }));
    return spans;
  } catch (cause) {
    if (cause instanceof FacetError) throw cause;
    throw corrupt(source, `is not a sound zip archive: ${(cause as Error).message}`, cause);
  }
}

function listEntries(zip: ZipFile): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    zip.on('error', reject);
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

async function locate(
  zip: ZipFile,
  entry: Entry,
  { source, size }: { source: string; size: number },
): Promise<Span> {
  const { fileName: name, compressionMethod: method, relativeOffsetOfLocalHeader: start } = entry;
  if (entry.isEncrypted()) throw corrupt(source, `encrypts its entry ${show(name)}`);
  if (method !== STORED && method !== DEFLATED) {
    throw corrupt(
      source,
      `compresses ${show(name)} by method ${method}; stored and deflated entries are read`,
    );
  }
  const { fileName: localName, fileDataStart: dataStart } = await zip.readLocalFileHeaderPromise(entry);
  if (!localName.equals(entry.fileNameRaw))
    throw corrupt(source, `names its entry ${show(name)} in two ways`);
  const end = dataStart + entry.compressedSize;
  if (!(end <= size))
    throw corrupt(source, `puts ${show(name)} at ${dataStart}..${end} but has ${size} bytes`);
  if (method === STORED && entry.compressedSize !== entry.uncompressedSize) {
    throw corrupt(
      source,
      `stores ${show(name)} in ${entry.compressedSize} bytes of ${entry.uncompressedSize}`,
    );
  }
  return { name, start, dataStart, end, method, bytes: entry.uncompressedSize, crc: entry.crc32 };
}

function requireApart(spans: readonly Span[], source: string): void {
  const ordered = [...spans].sort((a, b) => a.start - b.start);
  for (const [i, span] of ordered.entries()) {
    const before = ordered[i - 1];
    if (before && span.start < before.end) {
      throw corrupt(source, `lets its entries ${show(before.name)} and ${show(span.name)} overlap`);
    }
  }
}

function requireModest(spans: readonly Span[], size: number, source: string): void {
  const unpacked = spans.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = Math.max(MIN_UNPACKED_BYTES, size * MAX_UNPACKED_RATIO);
  if (unpacked > limit) {
    throw corrupt(
      source,
      `unpacks from ${size} to ${unpacked} bytes, more than ${MAX_UNPACKED_RATIO} times its size`,
    );
  }
}

function unpack(
  buffer: Buffer,
  { name, dataStart, end, method, bytes, crc }: Span,
  source: string,
): Uint8Array {
  const packed = buffer.subarray(dataStart, end);
  const data = method === STORED ? packed : inflate(packed, bytes, `${source} cannot unpack ${show(name)}`);
  if (data.byteLength !== bytes) {
    throw corrupt(source, `unpacks ${show(name)} to ${data.byteLength} bytes; its directory says ${bytes}`);
  }
  if (crc32(data) !== crc) throw corrupt(source, `has a damaged entry ${show(name)}: its CRC-32 differs`);
  return data;
}

function inflate(packed: Buffer, bytes: number, failure: string): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (cause) {
    throw new FacetError('invalid', `${failure}; copy the file again`, { cause, reason: 'ZIP_CORRUPT' });
  }
}

function show(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function corrupt(source: string, problem: string, cause?: unknown): FacetError {
  return new FacetError('invalid', `${source} ${problem}`, { cause, reason: 'ZIP_CORRUPT' });
}
