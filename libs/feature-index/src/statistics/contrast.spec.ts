import { createRandom } from '../testing/index.ts';
import { auroc, contrastFeatures, rankContrasts, type TextMaxima } from './contrast.ts';

/** The definition: the share of pairs in which the positive one is larger, ties counting half. */
function aurocByPairs(positive: Float32Array, negative: Float32Array): number {
  let wins = 0;
  for (const up of positive) for (const down of negative) wins += up > down ? 1 : up === down ? 0.5 : 0;
  return wins / (positive.length * negative.length);
}

describe('auroc', () => {
  test.each([
    [[1, 2], [0, 0], 1],
    [[0, 0], [1, 2], 0],
    [[0, 0], [0, 0], 0.5],
    [[1, 0], [0, 1], 0.5],
    [[3, 1], [2], 0.5],
  ])('of %j against %j is %d', (positive, negative, expected) => {
    expect(auroc(Float32Array.from(positive), Float32Array.from(negative))).toBe(expected);
  });

  test('equals the count over all pairs, with many ties', () => {
    const random = createRandom(1);
    for (let round = 0; round < 200; round += 1) {
      const draw = () =>
        Float32Array.from({ length: 1 + Math.floor(random() * 12) }, () => Math.floor(random() * 4));
      const [positive, negative] = [draw(), draw()];
      expect(auroc(positive, negative)).toBeCloseTo(aurocByPairs(positive, negative), 12);
    }
  });
});

const rank = (positive: TextMaxima, negative: TextMaxima, scale: Float32Array) =>
  rankContrasts(
    contrastFeatures(positive, negative, { start: 0, end: scale.length, d_sae: scale.length }),
    scale,
  );

describe('rankContrasts', () => {
  test('ranks by AUROC, then by the difference of means over the scale, then by index', () => {
    const positive = { texts: 2, maxima: Float32Array.from([0, 2, 4, 1, 1, 0, 2, 4, 1, 1]) };
    const negative = { texts: 1, maxima: Float32Array.from([0, 0, 0, 2, 1]) };
    const contrasts = rank(positive, negative, Float32Array.from([1, 2, 8, 2, 1]));
    expect(contrasts.map(({ feature, auroc }) => [feature, auroc])).toEqual([
      [1, 1],
      [2, 1],
      [4, 0.5],
      [3, 0],
    ]);
    expect(contrasts[0]).toMatchObject({
      positiveMean: 2,
      negativeMean: 0,
      positiveFired: 2,
      negativeFired: 0,
    });
  });

  test('orders equal features by index, and uses raw means where the index has no maximum', () => {
    const positive = { texts: 1, maxima: Float32Array.from([1, 1, 3]) };
    const negative = { texts: 1, maxima: new Float32Array(3) };
    const order = rank(positive, negative, new Float32Array(3)).map(({ feature }) => feature);
    expect(order).toEqual([2, 0, 1]);
  });
});
