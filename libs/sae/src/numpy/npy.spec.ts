import { parseNpy, writeNpy } from './npy.ts';

function npy(dict: string, data: ArrayBufferView = Float32Array.of(1, 2, 3, 4, 5, 6), version = 1): Buffer {
  const header = Buffer.from(`${dict}\n`, 'latin1');
  const head = Buffer.alloc(version === 1 ? 10 : 12);
  head.write('\x93NUMPY', 0, 'latin1');
  head.writeUInt8(version, 6);
  if (version === 1) head.writeUInt16LE(header.length, 8);
  else head.writeUInt32LE(header.length, 8);
  return Buffer.concat([head, header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

describe('parseNpy', () => {
  test('gives back what writeNpy wrote', () => {
    const values = Float32Array.of(1, -2, 3.5, 4, 5, 6);
    const bytes = Buffer.concat(writeNpy(values, [2, 3]));
    expect((bytes.length - values.byteLength) % 64).toBe(0);
    const read = parseNpy(bytes, 'x');
    expect([read.dtype, read.shape, read.f32()]).toEqual(['F32', [2, 3], values]);
    expect(parseNpy(Buffer.concat(writeNpy(values, [6])), 'x').shape).toEqual([6]);
  });

  test('reads every number type, Fortran order and later versions', () => {
    const dict = (descr: string, order = 'False') =>
      `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (2, 3), }`;
    expect(parseNpy(npy(dict('<f4', 'True')), 'x').f32()).toEqual(Float32Array.of(1, 3, 5, 2, 4, 6));
    expect(parseNpy(npy(dict('<f8'), Float64Array.of(1, 2, 3, 4, 5, 0.5)), 'x').f32()[5]).toBe(0.5);
    expect(parseNpy(npy(dict('<i8'), BigInt64Array.of(1n, 2n, 3n, 4n, 5n, -6n)), 'x').f32()[5]).toBe(-6);
    expect(parseNpy(npy(dict('<i4'), Int32Array.of(1, 2, 3, 4, 5, -7)), 'x').f32()[5]).toBe(-7);
    expect(parseNpy(npy(dict('<f2'), Uint16Array.of(0, 0, 0, 0, 0, 0x3c00)), 'x').f32()[5]).toBe(1);
    expect(parseNpy(npy(dict('<f4'), undefined, 2), 'x').shape).toEqual([2, 3]);
  });

  test.each([
    ["{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", /objects, which would have to be unpickled/],
    ["{'descr': '>f4', 'fortran_order': False, 'shape': (6,), }", /dtype ">f4"/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }", /24 data bytes; F32 \[7\] asks for 28/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", /asks for/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), }", /up to 8 whole numbers/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os'), }", /not one of plain numbers/],
    ["[('a', '<f4')]", /not one of plain numbers/],
  ])('refuses the header %s', (dict, message) => {
    expect(() => parseNpy(npy(dict), 'x')).toThrow(message);
  });

  test('refuses headers that are too long, cut off, or of another kind', () => {
    expect(() => parseNpy(npy(`{'descr': '<f4'${' '.repeat(5000)}}`), 'x')).toThrow(
      /header of 50\d\d bytes; the limit is 4096/,
    );
    expect(() => parseNpy(npy('{}').subarray(0, 12), 'x')).toThrow(/not one of plain|ends within/);
    expect(() => parseNpy(Buffer.from('PK\x03\x04 and more bytes'), 'x')).toThrow(
      /x is not a numpy array file/,
    );
    expect(() => parseNpy(npy('{}', undefined, 9), 'x')).toThrow(/version 9/);
  });
});
