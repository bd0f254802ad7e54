import { Feature, FeatureContrast } from '@facet/contracts';
import { rankCandidates } from './choose-feature.ts';

/** Rows: BOS, two of the concept in one mention, one other, one of the concept in a mention of its own. */
const TRUTH = {
  isTrue: Uint8Array.of(0, 1, 1, 0, 1),
  isCounted: Uint8Array.of(0, 1, 1, 1, 1),
  mentions: [
    { first: 1, last: 2, groups: ['name'] },
    { first: 4, last: 4, groups: ['paraphrase'] },
  ],
};
/** Feature 0 fires on the first mention, 1 on every row, 2 on both mentions and weakly elsewhere. */
const ACTS = {
  rows: 5,
  offsets: Uint32Array.of(0, 1, 4, 5, 7, 9),
  indices: Uint32Array.of(1, 0, 1, 2, 1, 1, 2, 1, 2),
  values: Float32Array.of(9, 1, 1, 4, 1, 1, 0.5, 1, 3),
};
const contrast = (index: number, auroc: number) =>
  FeatureContrast.fromPartial({ feature: Feature.fromPartial({ index }), auroc });

describe('rankCandidates', () => {
  test('prefers what finds every mention and nothing else to what the contrast search preferred', () => {
    const ranked = rankCandidates([contrast(0, 0.9), contrast(1, 0.8), contrast(2, 0.7)], ACTS, 3, TRUTH);
    expect(ranked.map(({ feature }) => feature.index)).toEqual([2, 1, 0]);
    expect(ranked[0].detection).toMatchObject({ precision: 1, recall: 1, f1: 1 });
    expect(ranked[0].detection.threshold).toBeGreaterThanOrEqual(0.5);
    expect(ranked[2].detection).toMatchObject({ precision: 1, recall: 0.5 });
  });
});
