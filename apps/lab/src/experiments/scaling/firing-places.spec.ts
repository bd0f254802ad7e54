import type { RowMention, TokenTruth } from '@facet/landmarks';
import { describeProfile, PLACES, placesOf } from './firing-places.ts';

const mention = (first: number, last: number, rest: Pick<RowMention, 'role' | 'language'>): RowMention => ({
  first,
  last,
  document: 0,
  ...rest,
});

const TRUTH: TokenTruth = {
  tokenIds: new Int32Array(8),
  starts: Int32Array.of(0),
  isCounted: new Uint8Array(8).fill(1),
  mentions: new Map([
    [
      'bridge',
      [
        mention(1, 6, { role: 'topic', language: undefined }),
        mention(2, 3, { role: 'name', language: 'fr' }),
        mention(4, 4, { role: 'paraphrase', language: 'zh' }),
        mention(5, 5, { role: 'name', language: undefined }),
      ],
    ],
  ]),
};

describe('placesOf', () => {
  test('lets names and paraphrases stand out of the text around them', () => {
    expect(Array.from(placesOf('bridge', TRUTH), (place) => PLACES[place])).toEqual([
      'elsewhere',
      'topic',
      'name, fr',
      'name, fr',
      'paraphrase, zh',
      'name, several',
      'topic',
      'elsewhere',
    ]);
    expect(new Set(placesOf('otter', TRUTH))).toEqual(new Set([PLACES.length - 1]));
  });
});

describe('describeProfile', () => {
  test('names the largest places first and leaves small ones out', () => {
    const shares = PLACES.map(
      (place) => ({ 'name, en': 0.26, topic: 0.7, elsewhere: 0.04 })[place as string] ?? 0,
    );
    expect(describeProfile({ firings: 50, shares })).toBe('topic 70 %; name, en 26 %');
  });
});
