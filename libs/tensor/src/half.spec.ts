import fc from 'fast-check';
import { decodeBF16, decodeF16, encodeBF16, encodeF16 } from './half.ts';

const ALL_CODES = Uint16Array.from({ length: 0x10000 }, (_, code) => code);

/** The value of an F16 code by the definition of IEEE 754, NaN apart. */
function f16Value(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >> 10) & 0x1f;
  const fraction = code & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The code nearest to `value` among all codes, ties to the even code, by search. */
function nearestCode(value: number, widen: (code: number) => number, largestFinite: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  let high = largestFinite + 1;
  const at = (code: number) =>
    code > largestFinite ? 2 * widen(largestFinite) - widen(largestFinite - 1) : widen(code);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(middle) <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - at(low);
  const above = at(high) - magnitude;
  const code = below < above || (below === above && low % 2 === 0) ? low : high;
  return code | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

function bf16Value(code: number): number {
  return new DataView(Uint8Array.of(0, 0, code & 0xff, code >> 8).buffer).getFloat32(0, true);
}

const finiteFloat32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('decodeF16', () => {
  test('gives every one of the 65536 codes its value by definition', () => {
    const decoded = decodeF16(ALL_CODES);
    for (const code of ALL_CODES)
      if (!Object.is(decoded[code], f16Value(code)))
        throw new Error(`${code}: ${decoded[code]} is not ${f16Value(code)}`);
    expect(decoded.length).toBe(0x10000);
  });

  test('fills the array it is given', () => {
    const dst = new Float32Array(2);
    expect(decodeF16(Uint16Array.of(0x3c00, 0xc000), dst)).toBe(dst);
    expect([...dst]).toEqual([1, -2]);
  });
});

describe('encodeF16', () => {
  test('returns every one of the 65536 codes after a round trip, NaN payloads included', () => {
    expect(
      Buffer.compare(Buffer.from(encodeF16(decodeF16(ALL_CODES)).buffer), Buffer.from(ALL_CODES.buffer)),
    ).toBe(0);
  });

  test('rounds ties to even, at every boundary between two codes', () => {
    const ties = Float32Array.from(
      { length: 0x7bff },
      (_, code) => (f16Value(code) + f16Value(code + 1)) / 2,
    );
    encodeF16(ties).forEach((code, lower) => {
      if (code !== lower + (lower % 2)) throw new Error(`the tie above ${lower} became ${code}`);
    });
    expect(ties.length).toBe(0x7bff);
  });

  test('overflows to infinity exactly from 65520 on', () => {
    const belowTie = 65519.99609375;
    expect([...encodeF16(Float32Array.of(65504, belowTie, 65520, -65520, 1e30))]).toEqual([
      0x7bff, 0x7bff, 0x7c00, 0xfc00, 0x7c00,
    ]);
  });

  test('never turns a NaN into an infinity', () => {
    const smallestPayload = new Float32Array(Uint32Array.of(0x7f800001).buffer);
    expect(decodeF16(encodeF16(smallestPayload))[0]).toBeNaN();
  });

  test('finds the nearest code of any float', () => {
    fc.assert(
      fc.property(finiteFloat32, (value) => {
        expect(encodeF16(Float32Array.of(value))[0]).toBe(nearestCode(value, f16Value, 0x7bff));
      }),
      { seed: 1, numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.double({ min: -7e4, max: 7e4, noNaN: true }).map(Math.fround), (value) => {
        expect(encodeF16(Float32Array.of(value))[0]).toBe(nearestCode(value, f16Value, 0x7bff));
      }),
      { seed: 2, numRuns: 3000 },
    );
  });
});

describe('encodeBF16', () => {
  test('returns every one of the 65536 codes after a round trip, NaN payloads included', () => {
    expect(
      Buffer.compare(Buffer.from(encodeBF16(decodeBF16(ALL_CODES)).buffer), Buffer.from(ALL_CODES.buffer)),
    ).toBe(0);
  });

  test('finds the nearest code of any float, ties to even', () => {
    fc.assert(
      fc.property(finiteFloat32, (value) => {
        expect(encodeBF16(Float32Array.of(value))[0]).toBe(nearestCode(value, bf16Value, 0x7f7f));
      }),
      { seed: 3, numRuns: 3000 },
    );
    expect([...encodeBF16(new Float32Array(Uint32Array.of(0x3f808000, 0x3f818000).buffer))]).toEqual([
      0x3f80, 0x3f82,
    ]);
  });

  test('never turns a NaN into an infinity', () => {
    const smallestPayload = new Float32Array(Uint32Array.of(0xff800001).buffer);
    expect(decodeBF16(encodeBF16(smallestPayload))[0]).toBeNaN();
  });
});
