import { mean, median, quantile } from './order-statistics.ts';

describe('order statistics', () => {
  test('are those of the values, whatever their order', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(quantile([10, 0, 20], 0.75)).toBe(15);
    expect(quantile([10, 0, 20], 1)).toBe(20);
  });

  test('refuse to summarise nothing', () => {
    expect(() => median([])).toThrow('no values');
    expect(() => mean([])).toThrow('no values');
  });
});
