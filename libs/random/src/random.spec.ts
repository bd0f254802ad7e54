import { createRandom, shuffle } from './random.ts';

describe('createRandom', () => {
  test('gives the same bits for the same seed and stream, others for others', () => {
    const draw = (seed: bigint, stream?: number) => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 4 }, () => random.uint32());
    };
    expect(draw(7n)).toEqual(draw(7n));
    expect(draw(7n)).not.toEqual(draw(8n));
    expect(draw(7n)).not.toEqual(draw(7n, 1));
  });

  test('draws uniform, whole and normal numbers with the moments they should have', () => {
    const random = createRandom(3n);
    const count = 20_000;
    const uniform = Array.from({ length: count }, () => random.uniform());
    const normal = Array.from({ length: count }, () => random.gaussian());
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(uniform)).toBeCloseTo(0.5, 1.7);
    expect(mean(normal)).toBeCloseTo(0, 1.5);
    expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1);
    const faces = Array.from({ length: count }, () => random.below(6));
    for (let face = 0; face < 6; face++)
      expect(faces.filter((drawn) => drawn === face).length / count).toBeCloseTo(1 / 6, 1.7);
  });
});

describe('shuffle', () => {
  test('keeps every value and changes the order', () => {
    const values = Uint32Array.from({ length: 50 }, (_, index) => index);
    const shuffled = shuffle(values.slice(), createRandom(1n));
    expect([...shuffled]).not.toEqual([...values]);
    expect(shuffled.sort()).toEqual(values);
  });
});
