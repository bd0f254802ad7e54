import type { ConceptTruth } from './concept-truth.ts';
import { activationIntervals, bestDetection, detectAt } from './detect.ts';

/** Rows: BOS, two of the concept, one other, one of the concept in a mention of its own, one other. */
const TRUTH: ConceptTruth = {
  isTrue: Uint8Array.of(0, 1, 1, 0, 1, 0),
  isCounted: Uint8Array.of(0, 1, 1, 1, 1, 1),
  mentions: [
    { first: 1, last: 2, groups: ['name', 'en'] },
    { first: 4, last: 4, groups: ['paraphrase', 'en'] },
  ],
};

describe('detectAt', () => {
  test('counts rows for precision and mentions for recall, and leaves special rows out', () => {
    const values = Float32Array.of(9, 0, 2, 1, 0.5, 0);
    expect(detectAt(values, TRUTH, 0)).toMatchObject({ fired: 3, precision: 2 / 3, recall: 1, f1: 0.8 });
    expect(detectAt(values, TRUTH, 0.5)).toMatchObject({ fired: 2, precision: 0.5, recall: 0.5 });
    expect(detectAt(values, TRUTH, 0.5, 'paraphrase')).toMatchObject({ recall: 0, mentions: 1 });
  });

  test('gives zeros, not NaN, where nothing fires', () => {
    expect(detectAt(new Float32Array(6), TRUTH, 0)).toMatchObject({ precision: 0, recall: 0, f1: 0 });
  });
});

describe('bestDetection', () => {
  test('raises the threshold above a wrong row when that costs no mention', () => {
    const values = Float32Array.of(0, 3, 0, 1, 2, 0);
    const best = bestDetection(values, TRUTH);
    expect(best.threshold).toBeGreaterThan(1);
    expect(best.threshold).toBeLessThan(2);
    expect(best.f1).toBe(1);
  });

  test('takes negative values too when the floor allows it', () => {
    const values = Float32Array.of(0, -1, -9, -3, -2, -3);
    expect(bestDetection(values, TRUTH, Number.NEGATIVE_INFINITY).f1).toBe(1);
  });
});

describe('activationIntervals', () => {
  test('measures precision in every interval of the largest activation', () => {
    const values = Float32Array.of(4, 4, 1, 1, 2, 0);
    const intervals = activationIntervals(values, TRUTH, { max: 4, count: 4 });
    expect(intervals.map(({ rows }) => rows)).toEqual([2, 1, 0, 1]);
    expect(intervals.map(({ precision }) => precision)).toEqual([0.5, 1, undefined, 1]);
    expect(intervals.map(({ mentions }) => mentions)).toEqual([0, 0.5, 0, 0.5]);
  });
});
