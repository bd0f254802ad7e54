import { groupByFeature } from '../detection/select.ts';
import { conceptShare } from './concept-share.ts';
import { firingProfile } from './firing-profile.ts';

describe('conceptShare', () => {
  test('counts the wanted F1 itself and takes the middle of the middle two', () => {
    expect(conceptShare([1, 0.8, 0.5, 0.1])).toEqual({ concepts: 4, share: 0.5, median: 0.65 });
    expect(conceptShare([0.2, 0.9, 0.4])).toMatchObject({ median: 0.4 });
    expect(conceptShare([])).toEqual({ concepts: 0, share: 0, median: 0 });
  });
});

describe('firingProfile', () => {
  test('shares the counted firings of one feature among the categories', () => {
    const acts = {
      rows: 5,
      offsets: Uint32Array.of(0, 1, 3, 4, 5, 6),
      indices: Uint32Array.of(1, 0, 1, 1, 1, 1),
      values: new Float32Array(6).fill(2),
    };
    const columns = groupByFeature(acts, 2);
    const rows = {
      categories: Uint8Array.of(0, 0, 1, 2, 2),
      isCounted: Uint8Array.of(0, 1, 1, 1, 1),
      count: 4,
    };
    const scratch = new Float32Array(5);
    expect(firingProfile(columns, 1, rows, scratch)).toEqual({ firings: 4, shares: [0.25, 0.25, 0.5, 0] });
    expect([...scratch]).toEqual([0, 0, 0, 0, 0]);
    expect(firingProfile(groupByFeature(acts, 3), 2, rows)).toEqual({ firings: 0, shares: [0, 0, 0, 0] });
  });
});
