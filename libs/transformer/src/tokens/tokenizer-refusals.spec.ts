import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTokenizer } from './tokenizer.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-tokenizer-'));
});
afterEach(() => rm(directory, { recursive: true }));

const load = async (json: unknown) => {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  await writeFile(join(directory, 'tokenizer.json'), text);
  return loadTokenizer(directory);
};

const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] };
const token = {
  content: '<s>',
  id: 3,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
};
const regex = (pattern: string) => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated' });
const strip = { type: 'Strip', strip_left: true, strip_right: true };

describe('loadTokenizer', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['text that is not JSON', '{', 'invalid', /is not UTF-8 JSON/],
    ['a list', [], 'invalid', /malformed at its root/],
    ['no model', {}, 'invalid', /malformed at model/],
    ['a model of another kind', { model: { type: 'Magic', vocab: {} } }, 'unimplemented', /neither BPE,/],
    ['a negative id', { model: { ...model, vocab: { a: -1 } } }, 'invalid', /malformed at model.vocab/],
    ['an absurd id', { model: { ...model, vocab: { a: 1e9 } } }, 'invalid', /malformed at model.vocab/],
    [
      'one id for two tokens',
      { model: { ...model, vocab: { a: 0, b: 0 }, merges: [] } },
      'invalid',
      /the same id 0/,
    ],
    [
      'two ids for one token',
      {
        model: {
          type: 'Unigram',
          unk_id: 0,
          vocab: [
            ['a', 0],
            ['a', -1],
          ],
        },
      },
      'invalid',
      /gives "a" two ids, 0 and 1/,
    ],
    [
      'another id for an added token',
      { model, added_tokens: [{ ...token, content: 'b' }] },
      'invalid',
      /two ids/,
    ],
    ['ids with a gap', { model, added_tokens: [{ ...token, id: 9 }] }, 'invalid', /the id 9; .* gives it 3/],
    ['an empty vocabulary', { model: { ...model, vocab: {}, merges: [] } }, 'invalid', /empty vocabulary/],
    [
      'a vocabulary that lacks what is merged',
      { model: { ...model, vocab: { a: 0, b: 1 } } },
      'invalid',
      /no "ab"/,
    ],
    [
      'a vocabulary that lacks what to merge',
      { model: { ...model, vocab: { a: 0, ab: 1 } } },
      'invalid',
      /no "b"/,
    ],
    [
      'a merge of one token',
      { model: { ...model, merges: ['a'] } },
      'invalid',
      /model.merges.0: .*two tokens/,
    ],
    ['merges at random', { model: { ...model, dropout: 0.1 } }, 'unimplemented', /model.dropout 0.1/],
    ['an unknown decoder', { model, decoder: { type: 'Magic' } }, 'unimplemented', /in decoder \(Magic\)/],
    [
      'an unknown step',
      { model, normalizer: { type: 'Sequence', normalizers: [strip, { type: 'Magic' }] } },
      'unimplemented',
      /in normalizer.normalizers\[1\] \(Magic\)/,
    ],
    [
      'an unknown behaviour',
      { model, pre_tokenizer: { ...regex('a'), behavior: 'Odd', invert: false } },
      'unimplemented',
      /in pre_tokenizer \(Split\): .*Odd/,
    ],
    [
      'a regular expression that is none',
      { model, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ ...regex('(('), invert: false }] } },
      'invalid',
      /pre_tokenizer.pretokenizers\[0\] \(Split\): .*parenthesis/,
    ],
    [
      'a post-processor without its token',
      { model, post_processor: { type: 'BertProcessing' } },
      'unimplemented',
      /post_processor \(BertProcessing\)/,
    ],
    [
      'a post-processor that repeats the text',
      {
        model,
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }],
          pair: [],
          special_tokens: { '<s>': { id: '<s>', ids: [3], tokens: ['<s>'] } },
        },
        added_tokens: [token],
      },
      'unimplemented',
      /post_processor that does not put its tokens around/,
    ],
    [
      'an unknown token that is none',
      { model: { type: 'Unigram', unk_id: 7, vocab: [['a', 0]] } },
      'invalid',
      /model \(Unigram\)/,
    ],
    [
      'an added token without its fields',
      { model, added_tokens: [{ id: 3, content: '<s>', special: true }] },
      'invalid',
      /added_tokens: missing field/,
    ],
  ])('refuses %s', async (_, json, kind, message) => {
    await expect(load(json)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  test('names a missing file and a BOS token that is not in the vocabulary', async () => {
    await expect(loadTokenizer(directory)).rejects.toMatchObject({ kind: 'not-found' });
    await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<start>' }));
    await expect(load({ model })).rejects.toThrow('has no token "<start>", the bos_token');
  });

  test('does not read a device', async () => {
    await symlink('/dev/zero', join(directory, 'tokenizer.json'));
    await expect(loadTokenizer(directory)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/is not a regular file/),
    });
  });
});
