import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ResolvedCorpus } from '../sets/set-record.ts';
import { openCorpus } from './bytes/corpus-file.ts';
import type { Section } from './documents.ts';
import { readParquet } from './parquet.ts';
import { createSplitter } from './read-corpus.ts';
import PARQUET from './testing/parquet-files.json' with { type: 'json' };

type TextFormat = Exclude<ResolvedCorpus, { format: 'PARQUET' }>;
const csv = (change: object = {}): TextFormat => ({
  ...{ uri: '/c', format: 'DELIMITED', textField: 'text', delimiter: ',', unquoted: false },
  ...change,
});
const json: TextFormat = { uri: '/c', format: 'JSON', textField: 'text' };

/** Lets streams tell what went wrong, as reading from a file does. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The sections of `content` given in pieces of `pieceChars`. */
async function sections(
  format: TextFormat,
  content: string,
  pieceChars = content.length || 1,
): Promise<Section[]> {
  const splitter = createSplitter(format, '"/corpus"');
  const found: Section[] = [];
  const chars = Array.from(content);
  for (let start = 0; start < chars.length; start += pieceChars) {
    found.push(...splitter.push(chars.slice(start, start + pieceChars).join('')));
    await turn();
  }
  return [...found, ...(await splitter.end())];
}

const texts = async (...args: Parameters<typeof sections>) =>
  (await sections(...args)).map(({ text }) => text);

describe('a table', () => {
  test('gives the column of texts, quoted or not, with line breaks in cells', async () => {
    const content = 'id,text,label\r\n1,"one, ""two""\nthree",a\r\n\r\n2,four,b\n3,,c\n4,"five",d';
    for (const pieceChars of [1, 2, 7, 1000])
      expect(await texts(csv(), content, pieceChars)).toEqual(['one, "two"\nthree', 'four', 'five']);
    expect((await sections(csv(), content)).map(({ at }) => at)).toEqual([3, 5, 7]);
  });

  test('takes other delimiters, another column, and marks that are ordinary characters', async () => {
    expect(await texts(csv({ delimiter: '\t', textField: 'body' }), 'a\tbody\n1\tx, y\n')).toEqual(['x, y']);
    expect(await texts(csv({ delimiter: ';' }), 'text;a\n"x;y";1\n')).toEqual(['x;y']);
    const marks = '"quoted" at first\t1';
    expect(await texts(csv({ delimiter: '\t', unquoted: true }), `text\tn\n${marks}\n`)).toEqual([
      '"quoted" at first',
    ]);
    await expect(texts(csv({ delimiter: '\t' }), `text\tn\n${marks}\n`)).rejects.toThrow(
      /line 2.*--no-quotes/s,
    );
  });

  test('gives back every text that is written as RFC 4180 has it', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' ', '👋'),
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        async (cells, pieceChars) => {
          const rows = cells.map((text, i) => `${i},"${text.replaceAll('"', '""')}"\r\n`);
          expect(await texts(csv(), `id,text\r\n${rows.join('')}`, pieceChars)).toEqual(cells);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  });

  test.each([
    ['a,b\n1,2\n', /has no column "text".*--text-field\): "a", "b"/],
    ['text,text\n1,2\n', /has several columns "text"/],
    ['id,text\n1,2\n3\n', /not a table of equal records: .*line 3/],
    ['id,text\n1,"open\n', /Quote Not Closed/],
    ['id,text\n1,"a" b\n', /Invalid Closing Quote.*line 2/],
  ])('refuses %j', async (content, message) => {
    for (const pieceChars of [1, 1000]) {
      const refused = sections(csv(), content, pieceChars);
      await expect(refused).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringMatching(message),
      });
    }
  });

  test('refuses a cell without end', async () => {
    const splitter = createSplitter(csv(), '"/corpus"');
    splitter.push('id,text\n1,"');
    const fill = async () => {
      for (let i = 0; i < 20; i++) {
        splitter.push('x'.repeat(1 << 20));
        await turn();
      }
    };
    await expect(fill()).rejects.toThrow(/Max Record Size/);
  });
});

describe('a JSON array', () => {
  test('gives the texts of its elements', async () => {
    const content =
      '\n[ {"text": "a\\u00e9\\n👋", "n": [1, {"text": "inner"}]},\n "b", {"text":""},{"text":"c"} ]\n ';
    for (const pieceChars of [1, 3, 1000])
      expect(await texts(json, content, pieceChars)).toEqual(['aé\n👋', 'b', 'c']);
    expect((await sections(json, content)).map(({ at }) => at)).toEqual([1, 2, 4]);
    expect(await texts(json, '[]')).toEqual([]);
  });

  test.each([
    [
      '[{"text":"a"},{"body":"b"}]',
      /element 2 of the corpus "\/corpus" has no text in the field "text".*"body"/,
    ],
    ['[{"text":"a"},3]', /element 2 .*no field with a text/],
    ['["a","b\\ud83d"]', /element 2 .*has half a character, \\ud83d, behind "b"/],
    ['[{"text":"a"} {"text":"b"}]', /is not JSON behind element 1/],
    ['[{"text":"a"},', /ends inside its JSON array/],
    ['[{"text":"a"}] more', /not JSON behind element 1/],
    ['[{"text":"a"}]\n[{"text":"b"}]', /not JSON behind element 1/],
  ])('refuses %j', async (content, message) => {
    for (const pieceChars of [1, 1000])
      await expect(sections(json, content, pieceChars)).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringMatching(message),
      });
  });

  test('refuses an element without end', async () => {
    const splitter = createSplitter(json, '"/corpus"');
    splitter.push('[{"text":"');
    expect(() => Array.from({ length: 20 }, () => splitter.push('x'.repeat(1 << 20)))).toThrow(
      /element 1 .*has more than/,
    );
  });
});

describe('Parquet', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-parquet-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function read(bytes: Uint8Array, textField = 'text'): Promise<Section[]> {
    const path = join(folder, 'corpus.parquet');
    await writeFile(path, bytes);
    const corpus = await openCorpus(path, [folder]);
    await using _ = corpus.file;
    const found: Section[] = [];
    for await (const part of readParquet(corpus, textField, new AbortController().signal))
      found.push(...part);
    return found;
  }
  const file = (name: keyof typeof PARQUET) => Buffer.from(PARQUET[name], 'base64');

  test.each(['none', 'snappy', 'gzip', 'zstd'] as const)(
    'packed with %s gives the texts of its rows',
    async (name) => {
      const found = await read(file(name));
      expect(found.map(({ text, at }) => [text, at])).toEqual([
        ['One day. é', 1],
        ['Two 👋', 2],
        ['Four\nlines', 4],
        ['Five', 5],
      ]);
    },
  );

  test.each<[string, Uint8Array, RegExp]>([
    ['a row without text', file('null'), /row 2 of the corpus .* has no text in the column "text"/],
    ['bytes that are no UTF-8', file('bin'), /cannot be read as Parquet: .*utf-8/],
    ['another column', file('num'), /no column "text".*--text-field\): "body"/],
    ['a file that is cut', file('zstd').subarray(0, -9), /cannot be read as Parquet/],
    ['only its first bytes', Buffer.from('PAR1\x15\0'), /cannot be read as Parquet/],
    [
      'damaged pages',
      Buffer.concat([file('snappy').subarray(0, 60), Buffer.alloc(200, 7), file('snappy').subarray(260)]),
      /cannot be read as Parquet/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test('refuses whatever bytes are damaged, and reads the others as they are', async () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(flips, async (chosen) => {
        const damaged = file('num');
        for (const [at, byte] of chosen) damaged[4 + (at % (damaged.length - 8))] = byte;
        const outcome = await read(damaged).catch((error: unknown) => error);
        if (!Array.isArray(outcome)) expect(outcome).toMatchObject({ kind: 'invalid' });
      }),
      { seed: 7, numRuns: 1500 },
    );
  }, 60_000);

  test('takes another column', async () => {
    expect((await read(file('num'), 'body')).map(({ text }) => text)).toEqual(['x']);
  });
});
