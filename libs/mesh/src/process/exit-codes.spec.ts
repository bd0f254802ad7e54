import { FacetError } from '@facet/errors';
import { exitCodeOf } from './exit-codes.ts';

describe('exitCodeOf', () => {
  test.each([
    ['invalid', 2],
    ['not-found', 3],
    ['precondition', 3],
    ['unavailable', 4],
    ['exhausted', 5],
    ['data-loss', 6],
    ['cancelled', 130],
  ] as const)('gives %s the code %d', (kind, code) => {
    expect(exitCodeOf(new FacetError(kind, 'x'))).toBe(code);
  });

  test('gives a defect 1', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1);
  });
});
