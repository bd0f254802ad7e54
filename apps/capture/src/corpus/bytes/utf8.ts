import { isUtf8 } from 'node:buffer';

const CONTINUATION_MASK = 0xc0;
const CONTINUATION = 0x80;
const MAX_CHARACTER_BYTES = 4;

/**
 * Tells how many bytes at the start of `bytes` are whole characters; at most three at the end may wait for
 * more.
 */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(MAX_CHARACTER_BYTES - 1, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & CONTINUATION_MASK) === CONTINUATION) continue;
    return characterBytes(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Finds the first byte that begins no character, or undefined where all of `bytes` is UTF-8. */
export function firstInvalidByte(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes)) return undefined;
  for (let start = 0; start < bytes.length; ) {
    const length = characterBytes(bytes[start]!);
    if (!isUtf8(bytes.subarray(start, start + length))) return start;
    start += length;
  }
  return undefined;
}

function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
