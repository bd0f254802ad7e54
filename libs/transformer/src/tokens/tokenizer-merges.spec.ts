import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { createMerger } from './tokenizer-merges.ts';

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const hasData = existsSync(DATA);
if (!hasData) console.warn(`skipped: the golden models are not at ${DATA}`);

/** Merging by the definition: look at all pairs, take the first of the lowest rank, begin again. */
function mergeSlowly(text: string, merges: readonly (readonly [string, string])[]): string[] {
  const tokens = Array.from(text);
  const rankAt = (i: number) => merges.findLastIndex(([a, b]) => a === tokens[i] && b === tokens[i + 1]);
  for (;;) {
    let best = { rank: Number.POSITIVE_INFINITY, at: -1 };
    for (let i = 0; i + 1 < tokens.length; i++) {
      const rank = rankAt(i);
      if (rank >= 0 && rank < best.rank) best = { rank, at: i };
    }
    if (best.at < 0) return tokens;
    tokens.splice(best.at, 2, tokens[best.at]! + tokens[best.at + 1]!);
  }
}

/** Random merges over a small alphabet, each of two tokens that are there already. */
const anyTable = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }).map((picks) => {
  const tokens = [...'ab👋'];
  const merges: [string, string][] = [];
  for (const [first, second] of picks) {
    const pair: [string, string] = [tokens[first % tokens.length]!, tokens[second % tokens.length]!];
    merges.push(pair);
    if (!tokens.includes(pair.join(''))) tokens.push(pair.join(''));
  }
  return { vocab: new Map(tokens.map((token, id) => [token, id])), merges };
});

describe('createMerger', () => {
  test('merges as the definition says, with characters outside the vocabulary too', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '👋', 'x'), maxLength: 24 });
    fc.assert(
      fc.property(anyTable, fc.array(text, { maxLength: 4 }), (table, texts) => {
        const merger = createMerger(table)!;
        for (const one of texts) expect(merger(one)).toEqual(mergeSlowly(one, table.merges));
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  test('is not made where a merge is not in the vocabulary', () => {
    const vocab = new Map([
      ['a', 0],
      ['b', 1],
    ]);
    expect(createMerger({ vocab, merges: [['a', 'b']] })).toBeUndefined();
  });

  (hasData ? test.each : test.skip.each)(['stories260K', 'tinystories-656K'])(
    'splits real stories as the library does, with the vocabulary of %s',
    async (model) => {
      const json = JSON.parse(await readFile(`${DATA}models/${model}/tokenizer.json`, 'utf8'));
      const library = new HuggingFaceTokenizer(json, {}) as { model: { bpe(text: string): string[] } };
      const merges = json.model.merges.map((merge: string | [string, string]) =>
        typeof merge === 'string' ? merge.split(' ') : merge,
      );
      const merger = createMerger({ vocab: new Map(Object.entries(json.model.vocab)), merges })!;
      const corpus = await readFile(`${DATA}text/tinystories.txt`, 'utf8');
      for (const story of corpus.slice(0, 200_000).split('<|endoftext|>')) {
        const text = `▁${story.replaceAll(' ', '▁')}`;
        expect(merger(text)).toEqual(library.model.bpe(text));
      }
    },
  );
});
