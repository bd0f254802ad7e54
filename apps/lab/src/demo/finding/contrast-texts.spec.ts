import { createLexicon, createWorld, generateDocument, LANGUAGES } from '@facet/landmarks';
import { isAboutBridge } from '../bridge.ts';
import { contrastTexts } from './contrast-texts.ts';

/** Texts of one search that the service takes. */
const MAX_TEXTS = 256;

describe('contrastTexts', () => {
  const world = createWorld();
  const lexicon = createLexicon(world.concepts);
  const documents = Array.from({ length: 4000 }, (_, index) =>
    generateDocument(world, { seed: 5, part: 'train', index }),
  );
  const { positiveTexts, negativeTexts } = contrastTexts(documents, lexicon);

  test('takes names and paraphrases of every language for the bridge', () => {
    for (const language of LANGUAGES) {
      const { names, heads } = world.concept('golden-gate-bridge').wording[language];
      const holds = (parts: readonly string[]) =>
        positiveTexts.some((text) => parts.some((part) => text.toLowerCase().includes(part.toLowerCase())));
      expect([language, holds(names), holds(heads)]).toEqual([language, true, true]);
    }
  });

  test('takes nothing about the bridge against it, but its near misses', () => {
    expect(negativeTexts.filter((text) => isAboutBridge(text, lexicon))).toEqual([]);
    const about = new Set(negativeTexts.flatMap((text) => [...lexicon.conceptsIn(text)]));
    for (const nearMiss of ['golden-gate-park', 'bay-bridge', 'alcatraz', 'dog', 'rain'])
      expect(about).toContain(nearMiss);
  });

  test('stays within what one search takes, without repetitions', () => {
    for (const texts of [positiveTexts, negativeTexts]) {
      expect(texts.length).toBeLessThanOrEqual(MAX_TEXTS);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });
});
