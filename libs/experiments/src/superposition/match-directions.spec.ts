import { matchDirections } from './match-directions.ts';

const AXES = [1, 0, 0, /* */ 0, 1, 0, /* */ 0, 0, 1];

describe('matchDirections', () => {
  test('takes the best signed cosine, whatever the lengths', () => {
    const dictionary = [5, 0, 0, /* */ 0, 0, -1, /* */ 0, 3, 4];
    const { recovered_share, mean_max_cosine, bestOfTruth, bestOfDictionary } = matchDirections(
      AXES,
      dictionary,
      3,
    );
    for (const [t, cosine] of [1, 0.6, 0.8].entries()) expect(bestOfTruth[t]).toBeCloseTo(cosine, 12);
    for (const [s, cosine] of [1, 0, 0.8].entries()) expect(bestOfDictionary[s]).toBeCloseTo(cosine, 12);
    expect(recovered_share).toBeCloseTo(1 / 3, 12);
    expect(mean_max_cosine).toBeCloseTo(0.8, 12);
  });

  test('asks for more than 0.95', () => {
    const at = (cosine: number) => [cosine, Math.sqrt(1 - cosine * cosine)];
    expect(matchDirections([1, 0], at(0.949), 2).recovered_share).toBe(0);
    expect(matchDirections([1, 0], at(0.951), 2).recovered_share).toBe(1);
  });

  test('does not take the opposite direction for the same', () => {
    expect(matchDirections([1, 0], [-1, 0], 2).mean_max_cosine).toBe(-1);
  });

  test('gives a row of zeros cosine 0', () => {
    expect([...matchDirections([1, 0], [0, 0], 2).bestOfDictionary]).toEqual([0]);
  });
});
