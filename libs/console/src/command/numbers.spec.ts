import { parseCount, parseDecimal, parseSeed } from './numbers.ts';

const BOUNDS = { min: 1, max: 10_000_000 };

describe('parseCount', () => {
  test.each([
    ['500000', 500_000],
    ['500_000', 500_000],
    ['500k', 500_000],
    ['2M', 2_000_000],
    ['1.5m', 1_500_000],
    [' 7 ', 7],
  ])('reads %s', (text, value) => {
    expect(parseCount(text, '--tokens', BOUNDS)).toBe(value);
  });

  test.each(['', '0', '-3', '1e3', '12.5', '0.0001k', 'many', '11M', '99999999999999999999'])(
    'refuses %j, naming the option and the bounds',
    (text) => {
      expect(() => parseCount(text, '--tokens', BOUNDS)).toThrow(/--tokens .* from 1 to 10000000/);
    },
  );
});

describe('parseDecimal', () => {
  test('reads numbers within bounds, both inclusive', () => {
    const bounds = { min: 0, max: 1 };
    expect(['0', '0.25', '1'].map((text) => parseDecimal(text, '--top-p', bounds))).toEqual([0, 0.25, 1]);
  });

  test.each(['', 'NaN', 'Infinity', '1.01', '-0.1', '0,5'])('refuses %j', (text) => {
    expect(() => parseDecimal(text, '--top-p', { min: 0, max: 1 })).toThrow('--top-p');
  });
});

describe('parseSeed', () => {
  test('keeps all 64 bits', () => {
    expect(parseSeed('18446744073709551615', '--seed')).toBe(2n ** 64n - 1n);
  });

  test.each(['18446744073709551616', '-1', '0x10', ''])('refuses %j', (text) => {
    expect(() => parseSeed(text, '--seed')).toThrow('--seed');
  });
});
