import {
  formatBytes,
  formatCount,
  formatNumberOf,
  formatRate,
  formatRemaining,
  formatSeconds,
  formatShare,
  formatValue,
} from './quantities.ts';

describe('quantities', () => {
  test.each([
    [0.4249, '0.42 s'],
    [12.34, '12.3 s'],
    [59.96, '1 min 00 s'],
    [184.2, '3 min 04 s'],
    [7384, '2 h 03 min'],
  ])('writes %d seconds as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [64 * 2 ** 20, '64.0 MiB'],
    [5n * 2n ** 30n, '5.0 GiB'],
  ])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [0, '0%'],
    [0.00031, '0.031%'],
    [0.0734, '7.3%'],
    [1, '100.0%'],
  ])('writes the share %d as %s', (share, text) => expect(formatShare(share)).toBe(text));

  test.each([
    [0, '0'],
    [0.123456, '0.123'],
    [12.3456, '12.3'],
    [1234.5, '1235'],
    [-0.05, '-0.0500'],
    [1.5e-7, '1.50e-7'],
  ])('writes the value %d as %s', (value, text) => expect(formatValue(value)).toBe(text));

  test.each([
    [0.2, '1 s'],
    [9.4, '9 s'],
    [125.2, '2 min 05 s'],
  ])('writes %d remaining seconds as %s', (seconds, text) => expect(formatRemaining(seconds)).toBe(text));

  test('writes one thing without a plural', () => {
    expect([1n, 8].map((count) => formatNumberOf(count, 'shard'))).toEqual(['1 shard', '8 shards']);
  });

  test('writes counts and rates with separators', () => {
    expect(formatCount(1_234_567n)).toBe('1,234,567');
    expect(formatRate(41_234.6, 'tokens')).toBe('41,235 tokens/s');
    expect(formatRate(2.345, 'tokens')).toBe('2.3 tokens/s');
  });
});
