import { rankOnText } from './text-ranking.ts';

const rows = {
  rows: 3,
  offsets: Uint32Array.of(0, 1, 3, 5),
  indices: Uint32Array.of(0, 1, 2, 1, 3),
  values: Float32Array.of(9, 1, 4, 3, 4),
};
const excluded = Uint8Array.of(1, 0, 0);
const density = Float64Array.of(0.5, 0.5, 0.5, 0);

describe('rankOnText', () => {
  test.each([
    [
      'max',
      [
        [2, 4],
        [3, 4],
        [1, 3],
      ],
    ],
    [
      'sum',
      [
        [1, 4],
        [2, 4],
        [3, 4],
      ],
    ],
    [
      'mean',
      [
        [1, 2],
        [2, 2],
        [3, 2],
      ],
    ],
    [
      'density-weighted',
      [
        [3, 4 * -Math.log(0.01)],
        [2, 4 * Math.log(2)],
        [1, 3 * Math.log(2)],
      ],
    ],
  ] as const)('ranks by %s, ties by index, special tokens left out', (statistic, expected) => {
    const { ranked, max } = rankOnText(rows, excluded, { statistic, density, indexedTokens: 100 });
    expect(ranked.map(({ feature, value }) => [feature, value])).toEqual(expected);
    expect([...max]).toEqual([0, 3, 4, 4]);
  });
});
