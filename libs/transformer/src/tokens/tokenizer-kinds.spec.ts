import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, type Tokenizer } from './tokenizer.ts';

/** What the Python package of the library, 0.23.2, gives for `text`; `bare` where special tokens make a difference. */
interface Recorded {
  text: string;
  ids: number[];
  bare?: number[];
  decoded: string;
}
interface Kind {
  name: string;
  /** What is different from the first line's tokenizer. */
  parts: object;
  values: Recorded[];
}

const RECORDED = fileURLToPath(new URL('../testing/tokenizer-kinds.jsonl', import.meta.url));
const [base, ...kinds] = readFileSync(RECORDED, 'utf8')
  .trim()
  .split('\n')
  .map((line): Kind => JSON.parse(line));
const CASES = fileURLToPath(new URL('../../../../../shared/data/cases/tokenizers/', import.meta.url));
const cases = existsSync(CASES) ? readdirSync(CASES) : [];
if (cases.length === 0) console.warn(`skipped: the tokenizers are not at ${CASES}`);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-tokenizer-'));
});
afterEach(() => rm(directory, { recursive: true }));

const streamed = async (tokenizer: Tokenizer, ids: readonly number[]) => {
  const stream = await tokenizer.decodeStream({ skipSpecial: false });
  const texts: string[] = [];
  for (const id of ids) texts.push(await stream.push(id));
  return [...texts, await stream.end()].join('');
};

describe.each(kinds.map((kind) => [kind.name, kind] as const))('a tokenizer with %s', (_, kind) => {
  let tokenizer: Tokenizer;
  beforeEach(async () => {
    const json = { version: '1.0', decoder: { type: 'Fuse' }, ...base!.parts, ...kind.parts };
    await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(json));
    tokenizer = await loadTokenizer(directory);
  });

  test('gives the recorded ids and text', async () => {
    for (const { text, ids, bare = ids, decoded } of kind.values) {
      expect({ text, ...(await tokenizer.encode(text)) }).toEqual({ text, ids });
      expect({ text, ...(await tokenizer.encode(text, { addSpecial: false })) }).toEqual({ text, ids: bare });
      expect(await tokenizer.decode(ids, { skipSpecial: false })).toBe(decoded);
    }
    expect(kind.values.length).toBeGreaterThan(3);
  });

  test('streams the recorded text', async () => {
    for (const { ids, decoded } of kind.values) expect(await streamed(tokenizer, ids)).toBe(decoded);
  });
});

(cases.length > 0 ? test.each(cases) : test.skip.each(['%s']))(
  'gives the ids and texts of the case %s, or refuses where the library does',
  async (name) => {
    const tokenizer = await loadTokenizer(join(CASES, name));
    const recorded = JSON.parse(readFileSync(join(CASES, name, 'expected.json'), 'utf8'));
    for (const { text, ids, decoded } of recorded) {
      const encoded = tokenizer.encode(text, { addSpecial: false });
      if (ids === null) await expect(encoded).rejects.toMatchObject({ reason: 'CHARACTER_UNKNOWN' });
      else expect(await encoded).toEqual({ ids });
      if (decoded !== undefined) expect(await tokenizer.decode(ids)).toBe(decoded);
      if (decoded !== undefined) expect(await streamed(tokenizer, ids)).toBe(decoded);
    }
    expect(recorded.length).toBeGreaterThan(0);
  },
);
