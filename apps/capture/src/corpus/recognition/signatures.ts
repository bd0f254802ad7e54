import type { Compression } from '../bytes/corpus-bytes.ts';
import type { Encoding } from '../bytes/corpus-text.ts';
import { firstInvalidByte, wholeCharacters } from '../bytes/utf8.ts';

/** The first bytes of a kind of file. */
type Signature = readonly [bytes: readonly number[], name: string];

const ascii = (text: string): number[] => Array.from(text, (char) => char.charCodeAt(0));

const PACKED: readonly (readonly [bytes: readonly number[], compression: Compression])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  // Frames to skip, with which pzstd begins its files.
  ...Array.from({ length: 16 }, (_, i) => [[0x50 + i, 0x2a, 0x4d, 0x18], 'zstd'] as const),
];
const PARQUET = ascii('PAR1');

/** What is told from the other files: these are not read, and named. */
const UNREADABLE: readonly Signature[] = [
  [ascii('PK\x03\x04'), 'a zip archive (or an office document)'],
  [ascii('PK\x05\x06'), 'an empty zip archive'],
  [ascii('BZh'), 'bzip2'],
  [[0xfd, ...ascii('7zXZ')], 'xz'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4'],
  [ascii('7z\xbc\xaf'), 'a 7z archive'],
  [ascii('Rar!'), 'a rar archive'],
  [ascii('ARROW1'), 'an Arrow file'],
  [ascii('FEA1'), 'a Feather file'],
  [ascii('Obj\x01'), 'an Avro file'],
  [ascii('ORC'), 'an ORC file'],
  [ascii('\x89HDF'), 'an HDF5 file'],
  [ascii('SQLite format 3\0'), 'an SQLite database'],
  [[0xff, 0xfe, 0, 0], 'UTF-32'],
  [[0, 0, 0xfe, 0xff], 'UTF-32'],
];
/** Kinds that are written in letters. */
const WRITTEN: readonly Signature[] = [
  [ascii('%PDF-'), 'a PDF'],
  [ascii('{\\rtf'), 'rich text'],
];
/** A tar archive says so behind its first header. */
const TAR: Signature = [ascii('ustar'), 'a tar archive'];
const TAR_OFFSET = 257;

/** Tells how a file is packed. */
export function compressionOf(head: Uint8Array): Compression {
  return PACKED.find(([bytes]) => startsWith(head, bytes))?.[1] ?? 'none';
}

/** Whether these are the first bytes of a Parquet file. */
export function isParquet(head: Uint8Array): boolean {
  return startsWith(head, PARQUET) && !isText(head);
}

/** Names a kind of file that is not read; undefined for all others. */
export function unreadableKind(head: Uint8Array): string | undefined {
  const written = WRITTEN.find(([bytes]) => startsWith(head, bytes));
  if (written || isText(head)) return written?.[1];
  if (startsWith(head.subarray(TAR_OFFSET), TAR[0])) return TAR[1];
  return UNREADABLE.find(([bytes]) => startsWith(head, bytes))?.[1];
}

/** Whether bytes are UTF-8 without control characters: letters that mark a kind of file may begin a text as well. */
function isText(head: Uint8Array): boolean {
  const isControl = (byte: number) => byte < 0x20 && (byte < 0x09 || byte > 0x0d);
  return !head.some(isControl) && firstInvalidByte(head.subarray(0, wholeCharacters(head))) === undefined;
}

/** Tells the encoding by the byte order mark; without one it is UTF-8. */
export function encodingOf(head: Uint8Array): Encoding {
  if (startsWith(head, [0xff, 0xfe])) return 'UTF-16LE';
  return startsWith(head, [0xfe, 0xff]) ? 'UTF-16BE' : 'UTF-8';
}

function startsWith(head: Uint8Array, bytes: readonly number[]): boolean {
  return head.length >= bytes.length && bytes.every((byte, i) => head[i] === byte);
}
