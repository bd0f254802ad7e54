import { klDivergence, logNormalizer } from './distributions.ts';

describe('logNormalizer', () => {
  test('is the log of the summed exponentials, also for large logits', () => {
    expect(logNormalizer(Float32Array.of(0, 0, 0, 0))).toBeCloseTo(Math.log(4), 12);
    expect(logNormalizer(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 9);
  });
});

describe('klDivergence', () => {
  test('equals the sum by hand', () => {
    const p = Float32Array.of(Math.log(0.5), Math.log(0.5));
    const q = Float32Array.of(Math.log(0.25), Math.log(0.75));
    const byHand = 0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75);
    expect(klDivergence(p, q)).toBeCloseTo(byHand, 6);
    expect(klDivergence(q, p)).not.toBeCloseTo(byHand, 3);
  });

  test('is exactly 0 for equal logits and ignores a shift of all', () => {
    const p = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i) * 7);
    expect(klDivergence(p, p.slice())).toBe(0);
    expect(klDivergence(Float32Array.of(1, 2), Float32Array.of(11, 12))).toBeCloseTo(0, 12);
  });
});
