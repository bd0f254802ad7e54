import { formatNumber } from './format-number.ts';

describe('formatNumber', () => {
  test.each([
    [0, '0'],
    [50, '50'],
    [1234567, '1,234,567'],
    [0.123456, '0.123'],
    [1234.56, '1,235'],
    [-0.5, '\u22120.5'],
    [0.00001234, '1.23e\u22125'],
    [2.5e12, '2.50e+12'],
  ])('writes %p as %p', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  test('keeps the decimals asked for', () => {
    expect(formatNumber(0.5, 3)).toBe('0.500');
    expect(formatNumber(7, 3)).toBe('7');
  });
});
