import { corpusError } from './corpus-file.ts';
import { firstInvalidByte, wholeCharacters } from './utf8.ts';

/** How characters are written; UTF-16 only behind a byte order mark. */
export type Encoding = 'UTF-8' | 'UTF-16LE' | 'UTF-16BE';

const BYTE_ORDER_MARK = '\uFEFF';
/** Half of a character that UTF-16 writes in two. */
export const LONE_SURROGATE = /\p{Surrogate}/u;
const LINE_FEED = 10;

/** A piece of a corpus: its bytes and their text. */
export interface TextPiece {
  text: string;
  bytes: Uint8Array;
}

export interface TextSource {
  /** Names the corpus in errors. */
  shown: string;
  encoding: Encoding;
}

/** Turns pieces of bytes into text; `invalid` names the byte and the line of what is no text, and of NUL. */
export async function* decodeText(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  source: TextSource,
): AsyncGenerator<TextPiece> {
  const decode = source.encoding === 'UTF-8' ? decodeUtf8 : decodeUtf16;
  let at: Place = { offset: 0, line: 1 };
  let rest: Uint8Array = new Uint8Array(0);
  const take = (bytes: Uint8Array, whole: number): TextPiece => {
    const piece = bytes.subarray(0, whole);
    const text = decode(piece, at, source);
    const unmarked = at.offset === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    at = { offset: at.offset + whole, line: at.line + countLines(text) };
    rest = bytes.subarray(whole);
    return { bytes: piece, text: unmarked };
  };
  for await (const bytes of pieces) {
    const joined = rest.byteLength === 0 ? bytes : Buffer.concat([rest, bytes]);
    const whole = source.encoding === 'UTF-8' ? wholeCharacters(joined) : wholeUnits(joined, source.encoding);
    if (whole > 0) yield take(joined, whole);
    else rest = joined;
  }
  if (rest.byteLength > 0) yield take(rest, rest.byteLength);
}

/** Counts the line feeds of a text. */
export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Where a piece begins in the unpacked corpus. */
interface Place {
  offset: number;
  line: number;
}

function decodeUtf8(piece: Uint8Array, at: Place, { shown }: TextSource): string {
  const bad = firstInvalidByte(piece);
  const nul = piece.indexOf(0);
  const found = bad === undefined || (nul >= 0 && nul < bad) ? nul : bad;
  if (found >= 0) {
    const line = at.line + linesBefore(piece, found);
    throw found === nul
      ? nulError(shown, at.offset + found, { line, hint: utf16Hint(piece) })
      : corpusError(
          `the corpus ${shown} is not UTF-8: byte ${at.offset + found} is 0x${hex(piece[found]!)}, in line ${line}; ` +
            'convert it first',
          'CORPUS_NOT_UTF8',
        );
  }
  return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('utf8');
}

function decodeUtf16(piece: Uint8Array, at: Place, { shown, encoding }: TextSource): string {
  const bytes = Buffer.from(piece);
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  const text = (encoding === 'UTF-16BE' ? even.swap16() : even).toString('utf16le');
  const nul = text.indexOf('\0');
  const cut = even.length < bytes.length ? text.length : -1;
  const bad = LONE_SURROGATE.exec(text)?.index ?? cut;
  const found = nul >= 0 && (bad < 0 || nul < bad) ? nul : bad;
  if (found < 0) return text;
  const line = at.line + countLines(text.slice(0, found));
  const offset = at.offset + 2 * found;
  if (found === nul) throw nulError(shown, offset, { line, hint: '' });
  throw corpusError(
    `the corpus ${shown} is not ${encoding}, as its byte order mark says: half a character at byte ${offset}, ` +
      `in line ${line}; convert it to UTF-8`,
    'CORPUS_NOT_UTF16',
  );
}

function nulError(shown: string, offset: number, { line, hint }: { line: number; hint: string }) {
  return corpusError(
    `the corpus ${shown} is not text: byte ${offset} is NUL, in line ${line}${hint}; convert it to UTF-8`,
    'CORPUS_HAS_NUL',
  );
}

/** Latin text in UTF-16 has NUL in every other byte. */
function utf16Hint(piece: Uint8Array): string {
  const nuls = [0, 0];
  for (const [i, byte] of piece.entries()) if (byte === 0) nuls[i % 2]!++;
  const [even, odd] = nuls as [number, number];
  const half = piece.length / 2;
  if (odd > half / 2 && even < half / 8) return ' (it looks like UTF-16LE without a byte order mark)';
  return even > half / 2 && odd < half / 8 ? ' (it looks like UTF-16BE without a byte order mark)' : '';
}

/** Bytes of whole characters: an odd byte and a first half of a pair at the end wait for the rest. */
function wholeUnits(bytes: Uint8Array, encoding: Encoding): number {
  const even = bytes.length - (bytes.length % 2);
  const high = even < 2 ? undefined : bytes[encoding === 'UTF-16BE' ? even - 2 : even - 1];
  return high !== undefined && (high & 0xfc) === 0xd8 ? even - 2 : even;
}

function linesBefore(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let i = 0; i < end; i++) if (bytes[i] === LINE_FEED) lines++;
  return lines;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
