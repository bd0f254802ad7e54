/**
 * Half precision by bit tricks on 32-bit views, so that NaN payloads survive.
 * F16 is IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits); BF16 is the upper half of binary32.
 */

const F32_INFINITY = 0x7f800000;
const F16_INFINITY = 0x7c00;
/** The smallest f32 that is past every finite f16: 65536. */
const F16_OVERFLOW = 0x47800000;
/** The smallest f32 that is a normal f16: 2^-14. */
const F16_SMALLEST_NORMAL = 0x38800000;
/** Adding 0.5 puts the last bit of a subnormal f16 (2^-24) where f32 rounds: nearest, ties to even. */
const SUBNORMAL_MAGIC = 0.5;
const SUBNORMAL_MAGIC_BITS = 0x3f000000;
/** Moves the exponent bias from 127 to 15 and adds just under half of the bits that are dropped. */
const REBIAS_AND_ROUND = 0xc8000fff | 0;

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** Rounds `src` to F16 codes, nearest with ties to even; overflow becomes infinity, NaN stays NaN. */
export function encodeF16(src: Float32Array, dst: Uint16Array = new Uint16Array(src.length)): Uint16Array {
  const bits = bitsOf(src);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    let code: number;
    if (magnitude >= F16_OVERFLOW) code = magnitude > F32_INFINITY ? f16NaN(magnitude) : F16_INFINITY;
    else if (magnitude >= F16_SMALLEST_NORMAL)
      code = (magnitude + REBIAS_AND_ROUND + ((magnitude >>> 13) & 1)) >>> 13;
    else code = f16Subnormal(magnitude);
    dst[i] = ((word >>> 16) & 0x8000) | code;
  }
  return dst;
}

/** Widens F16 codes to f32, exactly. */
export function decodeF16(src: Uint16Array, dst: Float32Array = new Float32Array(src.length)): Float32Array {
  f16Table ??= makeF16Table();
  const table = f16Table;
  const bits = bitsOf(dst);
  for (let i = 0; i < src.length; i++) bits[i] = table[src[i]!]!;
  return dst;
}

/** Rounds `src` to BF16 codes, nearest with ties to even; NaN stays NaN. */
export function encodeBF16(src: Float32Array, dst: Uint16Array = new Uint16Array(src.length)): Uint16Array {
  const bits = bitsOf(src);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const isNumber = (word & 0x7fffffff) <= F32_INFINITY;
    dst[i] = isNumber ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16 : bf16NaN(word);
  }
  return dst;
}

/** Widens BF16 codes to f32, exactly. */
export function decodeBF16(src: Uint16Array, dst: Float32Array = new Float32Array(src.length)): Float32Array {
  const bits = bitsOf(dst);
  for (let i = 0; i < src.length; i++) bits[i] = src[i]! << 16;
  return dst;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function f16Subnormal(magnitude: number): number {
  scratchBits[0] = magnitude;
  scratchFloat[0] = scratchFloat[0]! + SUBNORMAL_MAGIC;
  return scratchBits[0]! - SUBNORMAL_MAGIC_BITS;
}

/** Keeps the upper payload bits; a payload that would vanish (and read as infinity) becomes the quiet bit. */
function f16NaN(magnitude: number): number {
  const payload = (magnitude >>> 13) & 0x3ff;
  return F16_INFINITY | (payload === 0 ? 0x200 : payload);
}

function bf16NaN(word: number): number {
  const upper = word >>> 16;
  return (upper & 0x7f) === 0 ? upper | 0x40 : upper;
}

let f16Table: Uint32Array | undefined;

/** Tabulates the f32 bits of every F16 code (256 KiB). */
function makeF16Table(): Uint32Array {
  const table = new Uint32Array(0x10000);
  for (let code = 0; code < table.length; code++) table[code] = widenF16(code);
  return table;
}

function widenF16(code: number): number {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >>> 10) & 0x1f;
  const fraction = code & 0x3ff;
  if (exponent === 0x1f) return sign | F32_INFINITY | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  scratchFloat[0] = fraction * 2 ** -24;
  return sign | scratchBits[0]!;
}
