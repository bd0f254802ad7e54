import { generateDocument } from './generate.ts';
import { createLexicon } from './lexicon.ts';
import { labelTokens, type RowMention } from './token-truth.ts';
import { BOS_ID, createTokenEncoder, trainTokenizer } from './tokenizer/index.ts';
import { labelDocument } from './truth.ts';
import { createWorld } from './world.ts';

const world = createWorld();
const lexicon = createLexicon(world.concepts);
const documents = Array.from({ length: 200 }, (_, index) =>
  generateDocument(world, { seed: 5, part: 'train', index }),
);
const encoder = createTokenEncoder(
  trainTokenizer(
    documents.map(({ text }) => text),
    { vocabSize: 1000 },
  ),
);
const truth = labelTokens(documents, encoder, lexicon);

describe('labelTokens', () => {
  test('begins every document with BOS, which does not count', () => {
    expect(truth.starts).toHaveLength(documents.length);
    for (const start of truth.starts) expect(truth.tokenIds[start]).toBe(BOS_ID);
    expect(truth.isCounted.reduce((sum, flag) => sum + flag, 0)).toBe(
      truth.tokenIds.length - documents.length,
    );
  });

  test('puts every mention onto tokens whose text holds it, and no token more', () => {
    let checked = 0;
    for (const [index, document] of documents.entries()) {
      const { ends } = encoder.encodeWithOffsets(document.text);
      const first = truth.starts[index] + 1;
      for (const { concept, role, start, end } of labelDocument(document, lexicon)) {
        const isOnTokens = (mention: RowMention) =>
          mention.document === index &&
          mention.role === role &&
          (mention.first === first ? 0 : ends[mention.first - first - 1]) <= start &&
          ends[mention.first - first] > start &&
          (mention.last === mention.first || ends[mention.last - first - 1] < end) &&
          ends[mention.last - first] >= end;
        expect(truth.mentions.get(concept)?.some(isOnTokens)).toBe(true);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(500);
  });
});
