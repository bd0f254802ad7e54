import { chooseSubjects, type SubjectCandidate } from './choose-subjects.ts';

const candidate = (concept: string, kind: string, f1: number, feature: number): SubjectCandidate => ({
  concept,
  kind,
  f1,
  feature,
});
const CANDIDATES = [
  candidate('bridge', 'landmark', 0.5, 1),
  candidate('tower', 'landmark', 0.9, 2),
  candidate('cat', 'animal', 0.8, 3),
  candidate('dog', 'animal', 0.95, 4),
  candidate('owl', 'animal', 0.7, 5),
  candidate('rain', 'weather', 0.6, 6),
];
const namesOf = (count: number, candidates = CANDIDATES) =>
  chooseSubjects(candidates, { first: 'bridge', count }).map(({ concept }) => concept);

describe('chooseSubjects', () => {
  test('takes the best of every kind before the second best of any, the lead first', () => {
    expect(namesOf(4)).toEqual(['bridge', 'dog', 'tower', 'rain']);
    expect(namesOf(6)).toEqual(['bridge', 'dog', 'tower', 'rain', 'cat', 'owl']);
  });

  test('passes over concepts whose feature is taken', () => {
    const shared = [
      ...CANDIDATES,
      candidate('castle', 'landmark', 0.99, 1),
      candidate('cow', 'animal', 0.9, 4),
    ];
    expect(namesOf(4, shared)).toEqual(['bridge', 'dog', 'tower', 'rain']);
    expect(namesOf(5, shared)).toEqual(['bridge', 'dog', 'tower', 'rain', 'cat']);
  });

  test('refuses more than there are, and a lead that is not there', () => {
    expect(() => namesOf(7)).toThrow('only 6 of 7 concepts');
    expect(() => chooseSubjects(CANDIDATES, { first: 'moon', count: 1 })).toThrow('no concept moon');
  });
});
