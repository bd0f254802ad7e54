import { packHalves, quantizeRows, splitBytes } from './quantize-rows.ts';

describe('quantizeRows', () => {
  test('rounds to the levels of each block, 0 among them', () => {
    const w = new Float32Array(40).fill(0);
    w.set([-1, 0.62, 2, 0.11]);
    w[32] = 3;
    const { values, scales, zeros } = quantizeRows(w, 40, { bits: 4, blockSize: 32 });
    expect(scales).toEqual(Float32Array.of(0.2, 0.2));
    expect([...zeros]).toEqual([5, 0]);
    // In steps of 0.2 above −1.
    expect([...values.subarray(0, 5)]).toEqual([0, 8, 15, 6, 5]);
    expect([...values.subarray(32, 34)]).toEqual([15, 0]);
    expect(values).toHaveLength(64);
  });

  test.each([4, 8] as const)(
    '%i bits are at most half a step away, in rows that end inside a block',
    (bits) => {
      const width = 77;
      const w = Float32Array.from({ length: 5 * width }, (_, i) => Math.sin(i * i) * (1 + (i % 7)));
      const { values, scales, zeros } = quantizeRows(w, width, { bits, blockSize: 32 });
      w.forEach((value, i) => {
        const [row, column] = [Math.floor(i / width), i % width];
        const block = row * 3 + Math.floor(column / 32);
        const q = values[block * 32 + (column % 32)]!;
        expect(Math.abs(scales[block]! * (q - zeros[block]!) - value)).toBeLessThanOrEqual(
          scales[block]! * 0.501,
        );
      });
    },
  );

  test('blocks of zeros, of the largest and of the smallest floats stay finite', () => {
    const w = new Float32Array(96);
    w.set([3.4e38, -3.4e38], 32);
    w.set([1e-45, -1e-45], 64);
    const { values, scales, zeros } = quantizeRows(w, 96, { bits: 8, blockSize: 32 });
    const back = [...w].map((_, i) => scales[i >> 5]! * (values[i]! - zeros[i >> 5]!));
    expect(back.every(Number.isFinite)).toBe(true);
    expect(back[0]).toBe(0);
    expect(back[32]! / 3.4e38).toBeCloseTo(1, 2);
  });
});

describe('packHalves', () => {
  test('begins every row with a byte, the first number below', () => {
    expect([...packHalves(Uint8Array.of(1, 2, 3, 4, 5, 6), 3)]).toEqual([0x21, 3, 0x54, 6]);
  });
});

describe('splitBytes', () => {
  test('gives halves that add up to the bytes', () => {
    const rows = {
      values: Uint8Array.of(0, 15, 16, 200, 255),
      scales: Float32Array.of(0.3),
      zeros: Uint8Array.of(77),
    };
    const { upper, lower } = splitBytes(rows);
    rows.values.forEach((value, i) => {
      const sum = 16 * (upper.values[i]! - upper.zeros[0]!) + lower.values[i]! - lower.zeros[0]!;
      expect(sum).toBe(value - 77);
    });
    expect(upper.scales[0]).toBe(16 * rows.scales[0]!);
  });
});
