import { type FiringDictionary, findSplitting } from './splitting.ts';

/** A dictionary in the plane whose feature i fires at `fired[i]`, among ten rows. */
function dictionary(
  directions: readonly (readonly [number, number])[],
  fired: readonly number[][],
): FiringDictionary {
  const rows = Array.from({ length: 10 }, (_, row) =>
    fired.flatMap((at, i) => (at.includes(row) ? [i] : [])),
  );
  const offsets = Uint32Array.from([0, ...rows.map((_, row) => rows.slice(0, row + 1).flat().length)]);
  const indices = Uint32Array.from(rows.flat());
  const values = new Float32Array(indices.length).fill(1);
  const W_dec = Float32Array.from(directions.flat());
  return { d_in: 2, d_sae: directions.length, W_dec, acts: { rows: 10, offsets, indices, values } };
}

const COUNTED = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
const RULE = { minFirings: 2, maxParentDensity: 0.6 };

const SMALL = dictionary(
  [
    [1, 0],
    [0, 2],
    [1, 1],
  ],
  [[0, 1, 2, 3, 4], [5, 6, 7, 8], [9]],
);

describe('findSplitting', () => {
  test('finds children by direction, by firings and by both, most firings first', () => {
    const large = dictionary(
      [
        [3, 0],
        [0, -1],
        [0.8, 0.6],
        [0, 5],
      ],
      [[0, 1, 2], [3, 4], [6, 7, 8, 9], [0]],
    );
    const { parents, children } = findSplitting(SMALL, large, COUNTED, RULE);
    expect(parents).toEqual([0, 1]);
    expect(children[0]).toEqual([
      { feature: 0, cosine: expect.closeTo(1), firings: 3, inside: 1, by: 'both' },
      { feature: 2, cosine: expect.closeTo(0.8), firings: 3, inside: 0, by: 'direction' },
      { feature: 1, cosine: expect.closeTo(0), firings: 2, inside: 1, by: 'firings' },
    ]);
    expect(children[1]).toEqual([
      { feature: 2, cosine: expect.closeTo(0.6), firings: 3, inside: 1, by: 'firings' },
    ]);
    expect(children[2]).toEqual([]);
  });

  test('asks for the stated share of firings inside', () => {
    const large = dictionary([[0, -1]], [[0, 1, 2, 3, 8]]);
    expect(findSplitting(SMALL, large, COUNTED, RULE).children[0]).toHaveLength(1);
    expect(findSplitting(SMALL, large, COUNTED, { ...RULE, minInside: 0.81 }).children[0]).toEqual([]);
  });

  test('gives a dense feature no children by firings', () => {
    const large = dictionary([[0, -1]], [[0, 1]]);
    expect(findSplitting(SMALL, large, COUNTED, { ...RULE, maxParentDensity: 0.5 }).children[0]).toEqual([]);
  });

  test('refuses dictionaries that read other rows', () => {
    expect(() => findSplitting(SMALL, SMALL, COUNTED.subarray(1))).toThrow('encode the same rows with both');
  });
});
