import { repetition } from './repetition.ts';

describe('repetition', () => {
  test.each([
    [[], 0],
    [[1, 1, 1], 0],
    [[1, 1, 1, 1], 1 / 2],
    [[1, 2, 3, 4, 5], 0],
    // 123 234 341 412 123 234: two of six occurred before.
    [[1, 2, 3, 4, 1, 2, 3, 4], 2 / 6],
    // No 3-gram is taken for another of the same digits.
    [[1, 11, 1, 1, 111], 0],
  ])('of %j is %p', (tokens, share) => {
    expect(repetition(tokens)).toBe(share);
  });
});
