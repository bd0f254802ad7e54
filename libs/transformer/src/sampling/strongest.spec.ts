import fc from 'fast-check';
import { strongest } from './strongest.ts';

describe('strongest', () => {
  test('orders by value, lower ids first among equals, at both ends', () => {
    const values = Float32Array.of(1, 3, 2, 3, -1, -1);
    expect(strongest(values, 3, 1).map(({ id }) => id)).toEqual([1, 3, 2]);
    expect(strongest(values, 2, -1)).toEqual([
      { id: 4, logit: -1 },
      { id: 5, logit: -1 },
    ]);
  });

  test('returns everything when more is asked for than there is, and nothing for 0', () => {
    expect(strongest(Float32Array.of(1, 2), 5, 1)).toHaveLength(2);
    expect(strongest(Float32Array.of(1, 2), 0, 1)).toEqual([]);
  });

  test('equals a full sort', () => {
    const values = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(1 as const, -1 as const),
        (list, count, sign) => {
          const sorted = list
            .map((logit, id) => ({ id, logit }))
            .sort((a, b) => sign * (b.logit - a.logit) || a.id - b.id);
          expect(strongest(Float32Array.from(list), count, sign)).toEqual(sorted.slice(0, count));
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});
