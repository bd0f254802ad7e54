import { crc32 } from 'node:zlib';
import { FacetError } from '@facet/errors';

/** One entry to write; its chunks follow each other. */
export interface ZipInput {
  name: string;
  chunks: readonly Uint8Array[];
}

/** Data of every entry starts on a multiple of this, as torch writes it, so that tensors can be mapped. */
const ALIGNMENT_BYTES = 64;
/** Sizes and offsets are 32 bits without the zip64 extension, which is not written. */
const MAX_ARCHIVE_BYTES = 0xffff_ffff;
const LOCAL_HEADER_BYTES = 30;
/** 1 January 1980, the earliest that a zip can say: archives of the same tensors are the same bytes. */
const DATE = 0x21;
/** The identifier of torch's padding field, "FB". */
const PADDING_FIELD = 0x4246;
const VERSION = 20;

/** Lays out a zip archive of stored (not compressed) entries as chunks to be written one after the other; no data is copied. */
export function writeZip(entries: readonly ZipInput[]): Uint8Array[] {
  const archive: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const append = (chunk: Uint8Array) => {
    archive.push(chunk);
    position += chunk.byteLength;
  };
  for (const { name, chunks } of entries) {
    const entry: Entry = {
      name: Buffer.from(name),
      bytes: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
      crc: chunks.reduce((crc, chunk) => crc32(chunk, crc), 0),
      start: position,
    };
    requireRoom(position + entry.bytes);
    append(localHeader(entry));
    for (const chunk of chunks) append(chunk);
    directory.push(directoryHeader(entry));
  }
  const start = position;
  for (const header of directory) append(header);
  requireRoom(position);
  append(endOfDirectory(entries.length, start, position - start));
  return archive;
}

interface Entry {
  name: Buffer;
  bytes: number;
  crc: number;
  /** Where its local header begins. */
  start: number;
}

function localHeader({ name, bytes, crc, start }: Entry): Uint8Array {
  const plain = start + LOCAL_HEADER_BYTES + name.length + 4;
  const padding = (ALIGNMENT_BYTES - (plain % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
  const header = Buffer.alloc(LOCAL_HEADER_BYTES + name.length + 4 + padding);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, { bytes, crc });
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(4 + padding, 28);
  name.copy(header, LOCAL_HEADER_BYTES);
  header.writeUInt16LE(PADDING_FIELD, LOCAL_HEADER_BYTES + name.length);
  header.writeUInt16LE(padding, LOCAL_HEADER_BYTES + name.length + 2);
  return header;
}

function directoryHeader({ name, bytes, crc, start }: Entry): Uint8Array {
  const header = Buffer.alloc(46 + name.length);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION, 4);
  writeCommon(header, 6, { bytes, crc });
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(start, 42);
  name.copy(header, 46);
  return header;
}

/** Version, flags, method (stored), time, date, CRC-32 and both sizes. */
function writeCommon(header: Buffer, at: number, { bytes, crc }: { bytes: number; crc: number }): void {
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(DATE, at + 8);
  header.writeUInt32LE(crc, at + 10);
  header.writeUInt32LE(bytes, at + 14);
  header.writeUInt32LE(bytes, at + 18);
}

function endOfDirectory(entries: number, start: number, bytes: number): Uint8Array {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(start, 16);
  return end;
}

function requireRoom(bytes: number): void {
  if (bytes <= MAX_ARCHIVE_BYTES - 1024) return;
  throw new FacetError(
    'exhausted',
    `the archive would have ${bytes} bytes, more than the 4 GiB of a plain zip; export the SAE as saelens`,
  );
}
