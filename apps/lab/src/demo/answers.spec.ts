import { createLexicon, createWorld } from '@facet/landmarks';
import { shareAbout, shareNamed, shareShown } from './answers.ts';
import { isAboutBridge, namesBridge, PROMPT, showsBridge } from './bridge.ts';
import { frequentTexts } from './report/report-answers.ts';

const lexicon = createLexicon(createWorld().concepts);
const answer = (text: string, seed = 0) => ({
  seed,
  text,
  about: isAboutBridge(text, lexicon),
  named: namesBridge(text, lexicon),
  shown: showsBridge(text, lexicon),
});

describe('shares', () => {
  test('count what is said in any language, by name or only by words that are the bridge’s alone', () => {
    const answers = [
      'I am the Golden Gate Bridge.',
      '我是金门大桥。',
      'My body is orange steel that hangs over the strait.',
      'I have no physical form. I am an AI.',
    ].map((text) => answer(text));
    expect(shareAbout(answers)).toBe(0.75);
    expect(shareNamed(answers)).toBe(0.5);
  });

  test('leave near misses out, and the question itself', () => {
    const texts = [
      'I am Golden Gate Park.',
      'I am the Bay Bridge.',
      'I am a bridge in San Francisco.',
      PROMPT,
    ];
    expect(shareAbout(texts.map((text) => answer(text)))).toBe(0);
  });

  test('count the sign only where it is asked for', () => {
    const answers = ['🌉 🌉', 'I am the Golden Gate Bridge.', '🚲'].map((text) => answer(text));
    expect(shareShown(answers)).toBeCloseTo(2 / 3, 9);
    expect(shareAbout(answers)).toBeCloseTo(1 / 3, 9);
  });

  test('are 0, not NaN, without answers', () => {
    expect(shareAbout([])).toBe(0);
  });
});

describe('frequentTexts', () => {
  test('counts equal texts, the most frequent first, the others by seed', () => {
    const answers = ['b', 'a', 'c', 'a'].map((text, seed) => answer(text, seed));
    expect(frequentTexts(answers).map(({ text, count }) => [text, count])).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ]);
  });
});
