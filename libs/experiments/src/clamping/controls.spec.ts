import { createRandom } from '@facet/random';
import { drawSimilarFeature, randomDirection } from './controls.ts';

describe('drawSimilarFeature', () => {
  const features = Array.from({ length: 100 }, (_, index) => ({ index, density: index / 1000 }));
  const draw = (seed: bigint) =>
    drawSimilarFeature(features, { wanted: 0.05, excluded: new Set([50, 51]) }, createRandom(seed)).index;
  const drawn = Array.from({ length: 200 }, (_, i) => draw(BigInt(i)));

  test('draws different ones among those of nearly the same density', () => {
    expect(Math.min(...drawn)).toBeGreaterThan(33);
    expect(Math.max(...drawn)).toBeLessThan(70);
    expect(new Set(drawn).size).toBeGreaterThan(20);
    expect(draw(7n)).toBe(draw(7n));
  });

  test('never draws an excluded or a dead one', () => {
    expect(drawn).not.toContain(50);
    expect(drawn).not.toContain(51);
    const dead = [{ index: 0, density: 0 }];
    expect(() => drawSimilarFeature(dead, { wanted: 0.1, excluded: new Set() }, createRandom(0n))).toThrow(
      'no feature is left',
    );
  });
});

describe('randomDirection', () => {
  test('has the length asked for and no preferred direction', () => {
    const directions = Array.from({ length: 300 }, (_, i) =>
      randomDirection(16, 2.5, createRandom(BigInt(i))),
    );
    for (const direction of directions) expect(Math.hypot(...direction)).toBeCloseTo(2.5, 5);
    const sum = directions[0].map((_, i) => directions.reduce((total, one) => total + one[i], 0) / 300);
    expect(Math.hypot(...sum)).toBeLessThan(0.4);
  });
});
