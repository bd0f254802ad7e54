import { Feature } from '@facet/contracts';
import { randomOrder } from './random-feature.ts';

const feature = (index: number, density: number) =>
  Feature.fromPartial({ name: `saes/x/features/${index}`, index, density });
const CHOSEN = feature(3, 0.01);
const FEATURES = [0, 0.0024, 0.0025, 0.01, 0.02, 0.04, 0.041, 0.011, 0.012].map((density, index) =>
  feature(index, density),
);

describe('randomOrder', () => {
  test('gives those that fire about as often, without the chosen one', () => {
    const order = randomOrder(FEATURES, CHOSEN, 0).map(({ index }) => index);
    expect([...order].sort()).toEqual([2, 4, 5, 7, 8]);
  });

  test('depends on the seed alone', () => {
    const orders = [0, 1, 2, 3].map((seed) => randomOrder(FEATURES, CHOSEN, seed).map(({ index }) => index));
    expect(orders[0]).toEqual(randomOrder(FEATURES, CHOSEN, 0).map(({ index }) => index));
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });

  test('is empty when nothing else fires like it', () => {
    expect(randomOrder([CHOSEN, feature(1, 0.5)], CHOSEN, 0)).toEqual([]);
  });
});
