import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

const DATA = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url));
const hasData = existsSync(DATA);
if (!hasData) console.warn(`skipped: the golden models are not at ${DATA}`);
const describeWithData = hasData ? describe : describe.skip;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-tokenizer-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface GoldenCase {
  prompt: string;
  token_ids: number[];
  greedy_ids: number[];
  greedy_text: string;
}

const streamed = async (tokenizer: Tokenizer, ids: readonly number[], after: readonly number[] = []) => {
  const stream = await tokenizer.decodeStream({ after });
  const texts: string[] = [];
  for (const id of ids) texts.push(await stream.push(id));
  return [...texts, await stream.end()];
};

/** As `streamed`, with a new stream for every id that goes on where the one before stood. */
const resumed = async (tokenizer: Tokenizer, ids: readonly number[]) => {
  let stream = await tokenizer.decodeStream();
  const texts: string[] = [];
  for (const id of ids) {
    stream = await tokenizer.decodeStream({ state: structuredClone(stream.state) });
    texts.push(await stream.push(id));
  }
  return [...texts, await stream.end()];
};

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** Byte-level BPE over the 256 bytes in the order of their printable names; id 0 is the BOS token. */
async function writeByteLevel(options: { merges?: string[]; config?: object; added?: object[] } = {}) {
  const { merges = [], config = { bos_token: '<bos>' } } = options;
  const { added = [{ ...PLAIN, id: 0, content: '<bos>', special: true }] } = options;
  const pieces = [...byteNames(), ...merges.map((merge) => merge.replace(' ', ''))];
  const vocab = Object.fromEntries([['<bos>', 0], ...pieces.map((piece, i) => [piece, i + 1])]);
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const json = {
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges },
  };
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(json));
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(config));
}

/** GPT-2's printable character for every byte. */
function byteNames(): string[] {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

describeWithData.each(['stories260K', 'tinystories-656K'])('the tokenizer of %s', (model) => {
  let tokenizer: Tokenizer;
  let cases: GoldenCase[];
  beforeAll(async () => {
    tokenizer = await loadTokenizer(join(DATA, 'models', model));
    cases = JSON.parse(await readFile(join(DATA, 'models', model, 'golden.json'), 'utf8')).cases;
  });

  test('gives the golden token ids, BOS first', async () => {
    for (const { prompt, token_ids } of cases) {
      expect((await tokenizer.encode(prompt)).ids).toEqual(token_ids);
      expect((await tokenizer.encode(prompt, { addSpecial: false })).ids).toEqual(token_ids.slice(1));
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(tokenizer.bosTokenId).toBe(1);
    expect(tokenizer.eosTokenId).toBe(2);
    expect(tokenizer.specialTokenIds).toEqual([0, 1, 2]);
  });

  test('gives the golden text, at once and streamed', async () => {
    for (const { greedy_ids, greedy_text, token_ids, prompt } of cases) {
      expect(await tokenizer.decode(greedy_ids)).toBe(greedy_text);
      expect((await streamed(tokenizer, greedy_ids)).join('')).toBe(greedy_text);
      const continued = await streamed(tokenizer, greedy_ids.slice(token_ids.length), token_ids);
      expect(prompt + continued.join('')).toBe(greedy_text);
    }
  });

  test('joins the texts of tokens to the text with its leading space', async () => {
    for (const { token_ids, prompt } of cases)
      expect((await tokenizer.tokenTexts(token_ids.slice(1))).join('')).toBe(` ${prompt}`);
    const [first] = await tokenizer.tokenTexts([1]);
    expect(first).toBe(model === 'stories260K' ? '<s>' : '<|start_story|>');
    expect([tokenizer.isSpecial(1), tokenizer.isSpecial(3)]).toEqual([true, false]);
  });

  test('returns any text after a round trip, streamed in whole characters', async () => {
    // Tinystories-656K has no tokens for bytes: what it cannot write becomes <unk>, so only its letters come
    // back.
    const unit = model === 'stories260K' ? 'grapheme' : fc.constantFrom(...'abc XYZ.,!?\n"\'');
    // ▁ is how these vocabularies write a space, so it does not come back as itself.
    const text = fc.string({ unit, minLength: 1, maxLength: 12 }).filter((s) => !/[▁\uFFFD]|<.*>/.test(s));
    await fc.assert(
      fc.asyncProperty(text, async (original) => {
        const { ids } = await tokenizer.encode(original);
        expect(await tokenizer.decode(ids)).toBe(original);
        const pieces = await streamed(tokenizer, ids);
        expect(pieces.join('')).toBe(original);
        for (const piece of pieces) expect(piece).not.toContain('\uFFFD');
      }),
      { seed: 11, numRuns: 300, examples: [['  two  spaces ']] },
    );
  });

  test('writes what it has no letter for as bytes or as <unk>, never as nothing', async () => {
    const { ids } = await tokenizer.encode('é', { addSpecial: false });
    // The decoder takes one space away: that of the text, or of the name of its unknown token.
    const text = model === 'stories260K' ? 'é' : ' <unk>';
    expect(ids.length).toBeGreaterThan(1);
    expect(await tokenizer.decode(ids, { skipSpecial: false })).toBe(text);
  });

  test('streams any ids that make whole characters to the text of all of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 24 }), async (ids) => {
        const text = await tokenizer.decode(ids);
        if (!text.includes('\uFFFD')) expect((await streamed(tokenizer, ids)).join('')).toBe(text);
      }),
      { seed: 12, numRuns: 500 },
    );
    const bytes = fc.array(fc.integer({ min: 3, max: 258 }), { maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(bytes, async (ids) => {
        const [text, joined] = [await tokenizer.decode(ids), (await streamed(tokenizer, ids)).join('')];
        // A byte that makes the run before it invalid cannot take back what was said.
        if (!text.includes('\uFFFD')) expect(joined).toBe(text);
        else expect(joined).toContain('\uFFFD');
        expect(await resumed(tokenizer, ids)).toEqual(await streamed(tokenizer, ids));
      }),
      { seed: 13, numRuns: 1000 },
    );
  });
});

describeWithData('the tokenizer of GPT-2', () => {
  test('splits words, keeps leading spaces and adds no BOS', async () => {
    const merges = (await readFile(join(DATA, 'tokenizers', 'gpt2_merges.txt'), 'utf8')).trim().split('\n');
    const vocab = JSON.parse(await readFile(join(DATA, 'tokenizers', 'gpt2_vocab.json'), 'utf8'));
    await writeByteLevel();
    const path = join(directory, 'tokenizer.json');
    const added = [{ ...PLAIN, id: 50256, content: '<|endoftext|>', special: true }];
    const json = {
      ...JSON.parse(await readFile(path, 'utf8')),
      added_tokens: added,
      model: { type: 'BPE', vocab, merges },
    };
    await writeFile(path, JSON.stringify(json));
    await writeFile(
      join(directory, 'tokenizer_config.json'),
      JSON.stringify({ bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', add_bos_token: false }),
    );
    const gpt2 = await loadTokenizer(directory);
    expect((await gpt2.encode('Hello, world! I am')).ids).toEqual([15496, 11, 995, 0, 314, 716]);
    expect((await gpt2.encode('a<|endoftext|>b')).ids).toEqual([64, 50256, 65]);
    expect(await gpt2.tokenTexts([995])).toEqual([' world']);
    expect([gpt2.bosTokenId, gpt2.eosTokenId]).toEqual([undefined, 50256]);
    const { ids } = await gpt2.encode(' 👋 日本');
    expect((await streamed(gpt2, ids)).join('')).toBe(' 👋 日本');
  });
});

describe('loadTokenizer', () => {
  test('takes a BOS token with id 0 for what it is', async () => {
    await writeByteLevel({ config: { bos_token: '<bos>', add_bos_token: true } });
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer.bosTokenId).toBe(0);
    expect((await tokenizer.encode('!')).ids).toEqual([0, 34]);
    expect((await tokenizer.encode('')).ids).toEqual([0]);
    expect(await tokenizer.decode([0, 34])).toBe('!');
    expect(await tokenizer.decode([0, 34], { skipSpecial: false })).toBe('<bos>!');
  });

  test('adds no BOS where neither the post-processor nor the configuration asks for it', async () => {
    await writeByteLevel();
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer.bosTokenId).toBeUndefined();
    expect((await tokenizer.encode('!')).ids).toEqual([34]);
  });

  test('adds one BOS where a template and the configuration both ask for it, none where it forbids it', async () => {
    const template = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<bos>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<bos>': { id: '<bos>', ids: [0], tokens: ['<bos>'] } },
    };
    const load = async (config: object) => {
      await writeByteLevel({ config });
      const path = join(directory, 'tokenizer.json');
      const json = { ...JSON.parse(await readFile(path, 'utf8')), post_processor: template };
      await writeFile(path, JSON.stringify(json));
      return loadTokenizer(directory);
    };
    for (const config of [{ bos_token: '<bos>', add_bos_token: true }, { bos_token: { content: '<bos>' } }])
      expect((await (await load(config)).encode('!')).ids).toEqual([0, 34]);
    expect((await load({})).bosTokenId).toBe(0);
    const without = await load({ bos_token: '<bos>', add_bos_token: false });
    expect([(await without.encode('!')).ids, without.bosTokenId]).toEqual([[34], undefined]);
  });

  test('appends the EOS token where the configuration asks for it', async () => {
    await writeByteLevel({ config: { eos_token: '<bos>', add_eos_token: true } });
    expect((await (await loadTokenizer(directory)).encode('!')).ids).toEqual([34, 0]);
  });

  test('streams characters whose bytes are tokens of their own', async () => {
    await writeByteLevel({ merges: ['ð Ł'] });
    const tokenizer = await loadTokenizer(directory);
    const { ids } = await tokenizer.encode('é👋!');
    expect(await streamed(tokenizer, ids)).toEqual(['', 'é', '', '', '👋', '!', '']);
    expect(await streamed(tokenizer, ids.slice(0, 1))).toEqual(['', '\uFFFD']);
    expect(await tokenizer.tokenTexts(ids.slice(0, 1))).toEqual(['\uFFFD']);
  });

  test('works without a tokenizer_config.json', async () => {
    await writeByteLevel();
    await rm(join(directory, 'tokenizer_config.json'));
    expect((await (await loadTokenizer(directory)).encode('!')).ids).toEqual([34]);
  });

  test('names a character that has no token', async () => {
    await writeByteLevel();
    const path = join(directory, 'tokenizer.json');
    const json = JSON.parse(await readFile(path, 'utf8'));
    delete json.model.vocab['!'];
    await writeFile(path, JSON.stringify(json));
    const tokenizer = await loadTokenizer(directory);
    await expect(tokenizer.encode('a!')).rejects.toMatchObject({ reason: 'CHARACTER_UNKNOWN' });
  });

  test.each([-1, 257, 0.5, Number.NaN])('refuses to decode the id %p', async (id) => {
    await writeByteLevel();
    const tokenizer = await loadTokenizer(directory);
    await expect(tokenizer.decode([id])).rejects.toThrow('outside the vocabulary of 257');
    await expect(tokenizer.tokenTexts([id])).rejects.toThrow('outside the vocabulary of 257');
  });
});
