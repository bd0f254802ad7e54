import { BYTE_NAMES } from './pre-tokens.ts';
import type { TokenizerModel } from './tokenizer-model.ts';
import { trainTokenizer } from './train-tokenizer.ts';

const BASE = 3 + 256;
const written = ({ tokens, merges }: TokenizerModel) =>
  merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`);

describe('trainTokenizer', () => {
  test('merges the most frequent pair first, counted over whole words', () => {
    // Words: "hug" 10, "pug" 5, "pun" 12, "bun" 4, "hugs" 5. Pairs: u g 20, u n 16, h u 15, p u 17.
    // After u g: u n 16, h ug 15, p u 12. After u n: h ug 15, p un 12. After h ug: p un 12, hug s 5.
    const counts: [string, number][] = [
      ['hug', 10],
      ['pug', 5],
      ['pun', 12],
      ['bun', 4],
      ['hugs', 5],
    ];
    const texts = counts.flatMap(([word, count]) => Array<string>(count).fill(word));
    const model = trainTokenizer(texts, { vocabSize: BASE + 4 });
    expect(written(model)).toEqual(['u g', 'u n', 'h ug', 'p un']);
    expect(model.tokens.slice(0, 3)).toEqual(['<|bos|>', '<|eos|>', '<|pad|>']);
    expect(model.tokens.slice(3, BASE)).toEqual(BYTE_NAMES);
    expect(model.tokens.slice(BASE)).toEqual(['ug', 'un', 'hug', 'pun']);
    expect(model.merges[2]).toEqual([3 + 0x68, BASE]);
  });

  test('gives ties to the pair whose left, then right text comes first, whatever the order of texts', () => {
    // Four pairs, twice each; b c is gone when a b is merged ("abc" -> "ab c").
    const texts = ['abc', 'xy', 'xw', 'abc', 'xy', 'xw'];
    const expected = ['a b', 'ab c', 'x w', 'x y'];
    expect(written(trainTokenizer(texts, { vocabSize: 400 }))).toEqual(expected);
    expect(written(trainTokenizer(texts.toReversed(), { vocabSize: 400 }))).toEqual(expected);
  });

  test('counts overlapping pairs of one letter, and merges them from the left', () => {
    // "aaaaa" twice: a a 8. Then aa aa a: aa aa 2, aa a 2; "aa a" is first by text. Then aa aaa 2.
    const model = trainTokenizer(['aaaaa', 'aaaaa'], { vocabSize: 400 });
    expect(written(model)).toEqual(['a a', 'aa a', 'aa aaa']);
  });

  test('never merges across words, digits or a single occurrence', () => {
    expect(trainTokenizer(['12 12 12', '345', '34', 'qz'], { vocabSize: 400 }).merges).toEqual([]);
    expect(written(trainTokenizer(['a b a b a b'], { vocabSize: 400 }))).toEqual(['Ġ b', 'Ġ a']);
  });

  test('merges the bytes of a character that is not ASCII', () => {
    const model = trainTokenizer(['é', 'é'], { vocabSize: 400 });
    expect(model.merges).toEqual([[3 + 0xc3, 3 + 0xa9]]);
  });

  test('refuses a vocabulary that has no room for the bytes, or for 16-bit ids', () => {
    expect(() => trainTokenizer([], { vocabSize: 258 })).toThrow('vocabSize 258');
    expect(() => trainTokenizer([], { vocabSize: 65537 })).toThrow('vocabSize 65537');
  });
});
