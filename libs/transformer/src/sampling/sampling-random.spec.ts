import { createRandom, mix } from './sampling-random.ts';

describe('createRandom', () => {
  test('gives the published outputs of SplitMix64 for seed 1234567', () => {
    let state = 1234567n;
    const outputs = Array.from({ length: 5 }, () => {
      state = (state + 0x9e3779b97f4a7c15n) & ((1n << 64n) - 1n);
      return mix(state);
    });
    expect(outputs).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
    const random = createRandom(1234567n);
    expect(outputs.map((output) => Number(output >> 11n) / 2 ** 53)).toEqual(outputs.map(() => random()));
  });

  test('takes every 64-bit seed and tells them apart in every bit', () => {
    const firsts = Array.from({ length: 64 }, (_, bit) => createRandom(1n << BigInt(bit))());
    expect(new Set([...firsts, createRandom(0n)(), createRandom((1n << 64n) - 1n)()]).size).toBe(66);
    for (const first of firsts) expect(first >= 0 && first < 1).toBe(true);
  });

  test.each([-1n, 1n << 64n])('refuses the seed %s', (seed) => {
    expect(() => createRandom(seed)).toThrow('outside 0 to 2^64 - 1');
  });

  test('is uniform: mean, variance and 16 equal bins', () => {
    const random = createRandom(42n);
    const values = Array.from({ length: 100_000 }, random);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
    const bins = new Array<number>(16).fill(0);
    for (const value of values) bins[Math.floor(value * 16)]! += 1;
    const statistic = bins.reduce((sum, count) => sum + (count - 6250) ** 2 / 6250, 0);
    expect(statistic).toBeLessThan(37.7); // the 0.999 quantile with 15 degrees of freedom
  });
});
