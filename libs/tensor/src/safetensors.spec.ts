import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type DType, dtypeBytes, elementCount } from './dtypes.ts';
import { requireFinite } from './require-finite.ts';
import { openSafetensors, readSafetensorsHeader } from './safetensors-file.ts';
import { MAX_HEADER_BYTES, MAX_TENSORS, parseSafetensorsHeader } from './safetensors-header.ts';
import { parseSafetensors } from './safetensors-view.ts';
import { serializeSafetensors } from './safetensors-write.ts';

/** A file with any header text, any announced length and some data bytes. */
function file(header: unknown, dataBytes = 0, announced?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced ?? BigInt(json.byteLength));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const tensor = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
const parse = (bytes: Uint8Array) => parseSafetensors(bytes, 'x.safetensors');

describe('parseSafetensorsHeader', () => {
  const many = Object.fromEntries(
    Array.from({ length: MAX_TENSORS + 1 }, (_, i) => [`t${i}`, tensor('U8', [0], [0, 0])]),
  );
  const hostile: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /has 0 bytes/],
    ['a file cut inside its length', new Uint8Array(7), /has 7 bytes/],
    ['a header past the limit', file({}, 0, BigInt(MAX_HEADER_BYTES) + 1n), /the limit is 16777216/],
    ['a header length of 2^64 - 1', file({}, 0, 0xffff_ffff_ffff_ffffn), /the limit is/],
    ['a header longer than the file', file({}, 0, 3n), /has only 10 bytes/],
    ['a header that is not JSON', file('{"a":'), /not UTF-8 JSON/],
    ['a header that is not UTF-8', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff]), /not UTF-8 JSON/],
    ['a header that is an array', file([]), /not a JSON object/],
    ['a header of null', file('null'), /not a JSON object/],
    ['too many tensors', file(many), /has 65537 tensors/],
    ['an entry that is no object', file({ a: 1 }), /not an object/],
    ['an unknown dtype', file({ a: tensor('F8_E4M3', [1], [0, 1]) }, 1), /F8_E4M3/],
    ['a dtype named like an object member', file({ a: tensor('toString', [1], [0, 1]) }, 1), /toString/],
    ['a negative extent', file({ a: tensor('U8', [-1], [0, 1]) }, 1), /shape \[-1\]/],
    ['a fractional extent', file({ a: tensor('U8', [0.5], [0, 1]) }, 1), /shape \[0.5\]/],
    ['a shape that is no array', file({ a: tensor('U8', 'x', [0, 1]) }, 1), /shape "x"/],
    ['too many dimensions', file({ a: tensor('U8', Array(17).fill(1), [0, 1]) }, 1), /up to 16/],
    ['offsets that run backwards', file({ a: tensor('U8', [1], [1, 0]) }, 1), /offsets \[1,0\]/],
    ['offsets past 2^53', file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e300]}}`, 1), /offsets/],
    ['three offsets', file({ a: tensor('U8', [1], [0, 1, 2]) }, 2), /offsets/],
    ['missing offsets', file({ a: { dtype: 'U8', shape: [1] } }, 1), /offsets undefined/],
    ['a tensor past the end', file({ a: tensor('U8', [2], [0, 2]) }, 1), /holds 1 data bytes/],
    ['a shape that needs more bytes', file({ a: tensor('F32', [2], [0, 4]) }, 4), /needs 8/],
    ['a shape product past 2^53', file({ a: tensor('F32', [2 ** 40, 2 ** 40], [0, 4]) }, 4), /needs/],
    ['a shape product of infinity', file({ a: tensor('F32', Array(16).fill(2 ** 50), [0, 4]) }, 4), /needs/],
    [
      'overlapping tensors',
      file({ a: tensor('U8', [2], [0, 2]), b: tensor('U8', [2], [1, 3]) }, 3),
      /"b" overlap/,
    ],
    [
      'the same bytes twice',
      file({ a: tensor('U8', [2], [0, 2]), b: tensor('U8', [2], [0, 2]) }, 2),
      /overlap/,
    ],
    ['a hole', file({ a: tensor('U8', [1], [0, 1]), b: tensor('U8', [1], [2, 3]) }, 3), /1 bytes unused/],
    ['bytes after the last tensor', file({ a: tensor('U8', [1], [0, 1]) }, 5), /4 bytes after/],
    ['metadata that is no map of strings', file({ __metadata__: { a: 1 } }), /__metadata__/],
    ['metadata that is an array', file({ __metadata__: [] }), /__metadata__/],
  ];
  test.each(hostile)('refuses %s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(message);
    expect(() => parse(bytes)).toThrow(expect.objectContaining({ name: 'FacetError' }));
  });

  test('takes a header and nothing else from a prefix', () => {
    const bytes = file({ a: tensor('F16', [2, 3], [0, 12]), __metadata__: { format: 'pt' } }, 12);
    const { entries, metadata, dataStart } = parseSafetensorsHeader(
      bytes.subarray(0, -12),
      bytes.length,
      'x',
    );
    expect(metadata).toEqual({ format: 'pt' });
    expect(entries.get('a')).toEqual({
      name: 'a',
      dtype: 'F16',
      shape: [2, 3],
      byteOffset: dataStart,
      byteLength: 12,
    });
  });

  test('keeps a tensor named __proto__ a tensor', () => {
    const bytes = file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1);
    expect([...parse(bytes).header.entries.keys()]).toEqual(['__proto__']);
    expect(parse(bytes).raw('__proto__').byteLength).toBe(1);
  });

  test('answers any bytes with a header or a FacetError, never with another error', () => {
    const json = fc.json({ maxDepth: 4 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          json.map((text) => file(text, 4)),
        ),
        (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: 'FacetError' });
          }
        },
      ),
      { seed: 4, numRuns: 2000 },
    );
  });
});

describe('serializeSafetensors', () => {
  const dtypes: DType[] = ['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'U8', 'BOOL'];
  const anyTensor = fc
    .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(5), { maxLength: 3 }) })
    .chain(({ dtype, shape }) => {
      const length = elementCount(shape) * dtypeBytes(dtype);
      const data = fc.uint8Array({ minLength: length, maxLength: length });
      return fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), data });
    });

  test('gives back every tensor, aligned to its element, in the given order', () => {
    const tensors = fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), anyTensor, { maxKeys: 6 });
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (written, metadata) => {
        const { header, raw } = parse(Buffer.concat(serializeSafetensors(written, metadata)));
        expect([...header.entries.keys()]).toEqual(Object.keys(written));
        expect({ ...header.metadata }).toEqual({ ...metadata });
        for (const [name, { dtype, shape, data }] of Object.entries(written)) {
          const entry = header.entries.get(name)!;
          expect({ dtype: entry.dtype, shape: entry.shape }).toEqual({ dtype, shape });
          expect(entry.byteOffset % dtypeBytes(dtype)).toBe(0);
          expect(Buffer.compare(raw(name), data)).toBe(0);
        }
      }),
      { seed: 5 },
    );
  });

  test('does not copy tensors', () => {
    const data = Float32Array.of(1, 2);
    expect(serializeSafetensors({ a: { dtype: 'F32', shape: [2], data } })[1]!.buffer).toBe(data.buffer);
  });

  test('refuses a shape that the data does not fill', () => {
    const wrong = { dtype: 'F32' as const, shape: [3], data: new Float32Array(2) };
    expect(() => serializeSafetensors({ a: wrong })).toThrow('tensor a F32 [3] needs 12 bytes but has 8');
  });
});

describe('parseSafetensors', () => {
  test('widens floats and views integers wherever the file starts in memory', () => {
    const chunks = serializeSafetensors({
      h: { dtype: 'F16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff) },
      b: { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x3f80) },
      f: { dtype: 'F32', shape: [2], data: Float32Array.of(1.5, -3) },
      i: { dtype: 'I32', shape: [2], data: Int32Array.of(7, -7) },
      u: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 255) },
    });
    const bytes = Buffer.concat(chunks);
    for (const shift of [0, 1, 2, 4]) {
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      const view = parse(moved.subarray(shift));
      expect([...view.f32('h')]).toEqual([1, -2, 65504]);
      expect([...view.u16('h')]).toEqual([0x3c00, 0xc000, 0x7bff]);
      expect([...view.f32('b'), ...view.f32('f')]).toEqual([1, 1.5, -3]);
      expect([...view.i32('i')]).toEqual([7, -7]);
      expect([...view.u8('u')]).toEqual([1, 0, 255]);
    }
  });

  test('names what a file holds when a tensor is missing or of another type', () => {
    const view = parse(file({ a: tensor('I64', [1], [0, 8]) }, 8));
    expect(() => view.f32('W_enc')).toThrow('x.safetensors has no tensor "W_enc"; it holds a');
    expect(() => view.f32('a')).toThrow('has dtype I64; expected F32, F16 or BF16');
    expect(() => view.i32('a')).toThrow('stores tensor a as I64; expected I32');
  });
});

describe('openSafetensors', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'facet-tensor-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  test('reads tensors and ranges of them', async () => {
    const path = join(dir, 'a.safetensors');
    const data = Float32Array.of(1, 2, 3);
    await writeFile(path, Buffer.concat(serializeSafetensors({ a: { dtype: 'F32', shape: [3], data } })));
    const file = await openSafetensors(path);
    expect([...(await file.readF32('a'))]).toEqual([1, 2, 3]);
    expect(await file.readRaw('a', { start: 4, end: 8 })).toEqual(new Uint8Array(data.buffer, 4, 4));
    await expect(file.readRaw('a', { start: 4, end: 13 })).rejects.toThrow('outside tensor a');
    expect((await readSafetensorsHeader(path)).entries.size).toBe(1);
    await truncate(path, file.header.fileBytes - 4);
    await expect(file.readF32('a')).rejects.toMatchObject({ kind: 'data-loss' });
    await file.close();
  });

  test('names a missing file and a directory', async () => {
    await expect(openSafetensors(join(dir, 'none'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(openSafetensors(dir)).rejects.toThrow('is not a regular file');
  });

  test('refuses a hostile header without reading past it', async () => {
    const path = join(dir, 'bad.safetensors');
    await writeFile(path, file({}, 0, BigInt(MAX_HEADER_BYTES) + 1n));
    await expect(openSafetensors(path)).rejects.toThrow(`${path} announces a header of 16777217 bytes`);
  });
});

describe('requireFinite', () => {
  test('names the first value that is not finite', () => {
    requireFinite(Float32Array.of(0, -0, 3e38), 'W_enc');
    expect(() => requireFinite(Float32Array.of(1, Number.NaN, 2), 'W_enc')).toThrow(
      'W_enc holds NaN at index 1',
    );
    expect(() => requireFinite(Float32Array.of(1, 2, -1 / 0), 'b')).toThrow('b holds -Infinity at index 2');
  });
});
