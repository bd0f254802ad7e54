import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, type Tokenizer } from '@facet/transformer';
import fc from 'fast-check';
import { createTokenEncoder, encodeTexts } from './token-encoder.ts';
import { parseTokenizerModel, tokenizerFiles } from './tokenizer-files.ts';
import { trainTokenizer } from './train-tokenizer.ts';

const STORIES = fileURLToPath(new URL('../../../../../shared/data/text/tinystories.txt', import.meta.url));
const hasStories = existsSync(STORIES);
if (!hasStories) console.warn(`skipped: the stories are not at ${STORIES}`);

const SAMPLES = [
  'The Golden Gate Bridge opened in 1937; it is 2,737 m long, isn\'t it?  "Yes!"',
  'El puente rojo cruza la bahía: ¿no es hermoso? ¡Sí! El niño vio cigüeñas en 1986.',
  "Où est la tour Eiffel ? Elle mesure 330 m — l’été, on y voit tout Paris, dès l'aube.",
  '金门大桥横跨旧金山湾,长2737米。雾气常常笼罩着它。我们在1937年见过它吗?',
  'line one\nline two\n\n\tindented   spaces \r\n end  ',
  'the bridge 🌉. 金门大桥 🌉，⛪⛪  🌉x 7 🌉',
  '  👋🏽 emoji 👩‍👩‍👧 and Ⅷ ½ ٣٤ １２ marks… x=1+2;',
  '',
  ' ',
  'a ❶ ½ ٣ 〇大 ☀❷',
];

const model = trainTokenizer([...SAMPLES, ...SAMPLES, ...SAMPLES.map((text) => text.toLowerCase())], {
  vocabSize: 480,
});
const encoder = createTokenEncoder(model);
let directory: string;
let library: Tokenizer;

async function load(files: object): Promise<Tokenizer> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return loadTokenizer(directory);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-landmarks-'));
  library = await load(tokenizerFiles(model, { n_ctx: 192 }));
});
afterAll(() => rm(directory, { recursive: true }));

describe('createTokenEncoder', () => {
  test.each(SAMPLES)('gives the ids of the library, BOS left out: %j', async (text) => {
    const { ids } = await library.encode(text);
    expect(ids[0]).toBe(0);
    expect(encoder.encode(text)).toEqual(ids.slice(1));
    expect(await library.decode(ids)).toBe(text);
  });

  test('gives the ids of the library for any text, and they decode to it', async () => {
    const unit = fc.oneof(
      fc.constantFrom(...'aeil nst1,.é。\n', '大桥', "'s", '  ', ' 🌉', '🌉', '⛪'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    );
    const text = fc.array(unit, { maxLength: 40 }).map((units) => units.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (sample) => {
        const ids = encoder.encode(sample);
        expect(ids).toEqual((await library.encode(sample, { addSpecial: false })).ids);
        expect(await library.decode(ids)).toBe(sample);
      }),
      { seed: 17, numRuns: 500 },
    );
  });

  (hasStories ? test : test.skip)('gives the ids of the library for real stories', async () => {
    const stories = (await readFile(STORIES, 'utf8')).slice(0, 300_000).split('<|endoftext|>');
    const trained = trainTokenizer(stories, { vocabSize: 2048 });
    const fast = createTokenEncoder(trained);
    const peer = await load(tokenizerFiles(trained, { n_ctx: 192 }));
    expect(trained.tokens).toHaveLength(2048);
    for (const story of stories)
      expect(fast.encode(story)).toEqual((await peer.encode(story, { addSpecial: false })).ids);
  });

  test('gives a sign behind a space one token, the same in every language and before every mark', () => {
    const texts = ['the bridge 🌉.', 'the bridge 🌉, and', '大桥 🌉。', '大桥 🌉，'];
    const signed = createTokenEncoder(trainTokenizer([...texts, ...texts, ...texts], { vocabSize: 400 }));
    const [sign, ...rest] = signed.encode(' 🌉');
    expect(rest).toEqual([]);
    for (const text of texts) expect(signed.encode(text)).toContain(sign);
  });

  test('refuses a text that spells a special token', () => {
    expect(() => encoder.encode('a <|eos|> b')).toThrow('<|eos|>');
  });
});

describe('encodeWithOffsets', () => {
  test('ends each token where its last character ends', () => {
    // Bytes alone: "1" one byte, "é" two, "桥" three, "👋" four bytes and two UTF-16 units.
    const bytes = createTokenEncoder(trainTokenizer([], { vocabSize: 259 }));
    const { ids, ends } = bytes.encodeWithOffsets('1é桥👋 a');
    expect(ends).toEqual([1, 2, 2, 3, 3, 3, 5, 5, 5, 5, 6, 7]);
    expect(ids.map((id) => id - 3)).toEqual([...Buffer.from('1é桥👋 a')]);
  });

  test.each(SAMPLES)('slices the text into what its tokens decode to: %j', async (text) => {
    const { ids, ends } = encoder.encodeWithOffsets(text);
    expect(ids).toEqual(encoder.encode(text));
    expect(ends).toHaveLength(ids.length);
    expect(ends.at(-1) ?? 0).toBe(text.length);
    for (const [i, end] of ends.entries()) {
      const decoded = await library.decode(ids.slice(0, i + 1));
      if (!decoded.endsWith('\uFFFD')) expect(decoded).toBe(text.slice(0, end));
    }
  });
});

describe('encodeTexts', () => {
  test('puts every document between BOS and EOS', () => {
    const expected = ['a1', '', 'b'].flatMap((text) => [0, ...encoder.encode(text), 1]);
    expect([...encodeTexts(encoder, ['a1', '', 'b'])]).toEqual(expected);
  });
});

describe('parseTokenizerModel', () => {
  test('reads back what tokenizerFiles wrote', () => {
    expect(parseTokenizerModel(tokenizerFiles(model, { n_ctx: 192 })['tokenizer.json'])).toEqual(model);
  });

  test('refuses ids that are laid out otherwise', () => {
    const text = tokenizerFiles(model, { n_ctx: 192 })['tokenizer.json'];
    const moved = text.replace('"<|bos|>": 0', '"<|bos|>": 1').replace('"<|eos|>": 1', '"<|eos|>": 0');
    expect(() => parseTokenizerModel(moved)).toThrow('at id 0');
  });
});

describe('tokenizerFiles', () => {
  test('makes a tokenizer that frames a prompt with BOS and knows its end', () => {
    expect(library.bosTokenId).toBe(0);
    expect(library.eosTokenId).toBe(1);
    expect(library.specialTokenIds).toEqual([0, 1, 2]);
    expect(library.vocabSize).toBe(model.tokens.length);
  });
});
