import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CorpusSpec } from '../../sets/set-record.ts';
import { openCorpus } from '../bytes/corpus-file.ts';
import { describeCorpus } from '../read-corpus.ts';
import PARQUET from '../testing/parquet-files.json' with { type: 'json' };
import { recogniseCorpus } from './recognise.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-recognise-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What a file of this name and content is recognised as, in words. */
async function words(
  name: string,
  content: string | Uint8Array,
  asked: object = { format: 'AUTO' },
): Promise<string> {
  const uri = join(folder, name);
  await writeFile(uri, content);
  const corpus = await openCorpus(uri, [folder]);
  await using _ = corpus.file;
  const found = await recogniseCorpus(corpus, { uri, ...asked } as CorpusSpec, new AbortController().signal);
  return describeCorpus(found, 3);
}

const PLAIN = 'plain text divided at "<|endoftext|>", 3 documents';
const LINES = 'JSON lines, field text, 3 documents';
const ARRAY = 'JSON array, field text, 3 documents';
const LONG = 'x'.repeat(400_000);

describe('recogniseCorpus', () => {
  test.each<[string, string, string]>([
    ['a.txt', 'Once upon a time.\n<|endoftext|>\nTwo', PLAIN],
    ['a', '', PLAIN],
    ['a.md', '# Title, with commas\n\n- one, two\n', PLAIN],
    ['a.txt', '"Hello," said Tom.\n"Hello?"', PLAIN],
    ['a.txt', '"Hello there."\nHe left.', PLAIN],
    ['a.txt', '[Illustration]\n\nALICE', PLAIN],
    ['a.txt', '[1] A footnote.', PLAIN],
    ['a.txt', '{curly} words', PLAIN],
    ['a.txt', 'One, two\nthree, four\nfive, six\n', PLAIN],
    ['a.txt', 'She said, I know.\nHe said, so do I.\nThey said, good.\n', PLAIN],
    ['a.json', '{"text":"a"}\n{"text":"b"}\n', LINES],
    ['a.json', '{"text":"a"}', LINES],
    ['a.jsonl', '\n{"text":"a"}\r\n{"text":"b"}', LINES],
    ['a.txt', '{"id":1,"text":"a"}\n', LINES],
    ['a.jsonl', `{"text":"${LONG}"}\n`, LINES],
    ['a', `{"text":"${LONG}"}`, LINES],
    ['a.jsonl', '"a"\n"b"\n', LINES],
    ['a.json', '[{"text":"a"},{"text":"b"}]', ARRAY],
    ['a.json', '[\n  {\n    "text": "a"\n  }\n]\n', ARRAY],
    ['a.txt', '["a","b"]', ARRAY],
    ['a.json', `[{"text":"${LONG}"}]`, ARRAY],
    ['a.csv', 'text,label\nx,1\n', 'CSV, column text, 3 documents'],
    ['a.csv', 'text\n"a, b"\n', 'CSV, column text, 3 documents'],
    ['a.txt', 'id,text\n1,"a\nb"\n', 'CSV, column text, 3 documents'],
    ['a.csv', ',text\n0,x\n1,y\n', 'CSV, column text, 3 documents'],
    ['a', '\ttext\tn\n0\tx\t1\n', 'TSV, column text, 3 documents'],
    ['a.csv', 'text,\nx,\n', 'CSV, column text, 3 documents'],
    ['a.md', '|text|n|\n|-|-|\n|x|1|\n', PLAIN],
    ['a.txt', 'ORCHESTRA AND PIT', PLAIN],
    ['a.txt', 'BZh, PAR1, FEA1', PLAIN],
    ['a.txt', 'Rar! said the lion.', PLAIN],
    ['a.csv', 'text;label\nx, y;1\n', 'CSV with ";", column text, 3 documents'],
    ['a.tsv', 'id\ttext\n1\tx, y\n', 'TSV, column text, 3 documents'],
    ['a', 'id\ttext\n1\t"so" he said\n', 'TSV without quotes, column text, 3 documents'],
    [
      'a.csv',
      `id,text\n${Array.from({ length: 9000 }, (_, i) => `${i},"row ${i}, of\n many"\n`).join('')}`,
      'CSV, column text, 3 documents',
    ],
  ])('of %s (case %#)', async (name, content, expected) => {
    expect(await words(name, content)).toBe(expected);
  });

  test('sees through gzip, and reads byte order marks', async () => {
    expect(await words('a.json.gz', gzipSync('{"text":"a"}\n'))).toBe(
      'JSON lines, field text, gzip, 3 documents',
    );
    expect(await words('a', gzipSync('text,n\na,1\n'))).toBe('CSV, column text, gzip, 3 documents');
    expect(await words('a.csv', '\uFEFFtext,n\na,1\n')).toBe('CSV, column text, 3 documents');
    const utf16 = Buffer.from('\uFEFF{"text":"a"}\n', 'utf16le');
    expect(await words('a.json', utf16)).toBe('JSON lines, field text, UTF-16LE, 3 documents');
    expect(await words('a.jsonl', Buffer.from(utf16).swap16())).toBe(
      'JSON lines, field text, UTF-16BE, 3 documents',
    );
    expect(await words('a.parquet', Buffer.from(PARQUET.zstd, 'base64'))).toBe(
      'Parquet, column text, 3 documents',
    );
  });

  test('takes the hints that fit', async () => {
    const auto = (hints: object) => ({ format: 'AUTO', ...hints });
    expect(await words('a.txt', 'a\n\nb', auto({ documentSeparator: '\n\n' }))).toBe(
      'plain text divided at "\\n\\n", 3 documents',
    );
    expect(await words('a.json', '{"body":"a"}', auto({ textField: 'body' }))).toBe(
      'JSON lines, field body, 3 documents',
    );
    expect(await words('a.csv', 'body,n\na,1\n', auto({ textField: 'body' }))).toBe(
      'CSV, column body, 3 documents',
    );
    await expect(words('a.json', '{"text":"a"}', auto({ documentSeparator: '#' }))).rejects.toThrow(
      /holds JSON lines, which has no separator; leave --separator out, or say --format text/,
    );
    await expect(words('a.txt', 'plain', auto({ textField: 'body' }))).rejects.toThrow(
      /plain text, which has no fields/,
    );
  });

  test.each<[string, string, RegExp]>([
    [
      'a.json',
      'Once upon a time',
      /is named ".json" but does not begin with JSON; correct it, or say --format text/,
    ],
    [
      'a.jsonl',
      '[{"text":"a"}]',
      /is named ".jsonl" but holds a JSON array; say which it is \(--format json or --format jsonl\)/,
    ],
    ['a.csv', '{"text":"a"}\n', /is named ".csv" but holds JSON lines/],
    ['a.parquet', 'plain', /is named ".parquet" but holds plain text/],
    [
      'a.json',
      '{\n  "text": "a"\n}\n',
      /begins with a JSON object of several lines; write one object on every line/,
    ],
    ['a.txt', '{"text": broken}\n', /begins like JSON, but its first line is none/],
    ['a.txt', '"one"\n"two"\n', /text in quotation marks on every line; .*--format jsonl.*--format text/],
    ['a.json', '[1,2]', /neither objects nor texts/],
    ['a', '[["a"],["b"]]', /neither objects nor texts; .*or say --format text/],
    [
      'a.csv',
      'text,n,n\nx,1,2\n',
      /no table of equal records under a header; .*--format csv with its column of texts, --text-field/,
    ],
    ['a.txt', '["a",1]\n["b",2]\n', /JSON array on its first line and more behind it/],
    [
      'a.csv',
      'id,body\n1,x\n',
      /table without a column "text"; its columns are "id", "body"; name the one with the texts \(--text-field\)$/,
    ],
    ['a.txt', 'id,body\n1,x\n2,y\n', /table without a column "text".*or say --format text/],
    ['a.csv', 'id,text\n1,x\n2\n', /is named ".csv" but is no table of equal records/],
    ['a.csv', 'just a line\nand another', /no table of equal records/],
    ['a.txt.gz', 'not packed', /is named ".gz" but is not packed; name it as it is/],
  ])('refuses %s with %j', async (name, content, message) => {
    await expect(words(name, content)).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'CORPUS_AMBIGUOUS',
      message: expect.stringMatching(message),
    });
  });

  test.each(['csv', 'json', 'jsonl', 'tsv', 'parquet'])(
    'says of an empty .%s that it is empty',
    async (ending) => {
      for (const content of ['', '\uFEFF', '\n\n'])
        await expect(words(`a.${ending}`, content)).rejects.toMatchObject({
          kind: 'invalid',
          reason: 'CORPUS_EMPTY',
          message: expect.stringMatching(/holds no text$/),
        });
    },
  );

  test('tells zstd by the frames to skip that pzstd writes first', async () => {
    const skipped = Buffer.from('502a4d18050000003132333435', 'hex');
    const packed = Buffer.from('KLUv/QRYMQAAaGVsbG8KU4i9kQ==', 'base64');
    expect(await words('a.txt.zst', Buffer.concat([skipped, packed]))).toBe(
      'plain text divided at "<|endoftext|>", zstd, 3 documents',
    );
  });

  test.each<[string, Uint8Array | string, RegExp]>([
    ['bzip2', Buffer.from('425a6839314159265359ffff', 'hex'), /is bzip2/],
    ['ORC', Buffer.from('4f52430a0b0300', 'hex'), /is an ORC file/],
    ['a zip', 'PK\x03\x04rest', /is a zip archive/],
    ['a PDF', '%PDF-1.7', /is a PDF/],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), /is xz/],
    ['UTF-32', Buffer.from('fffe000061000000', 'hex'), /is UTF-32/],
    ['a tar archive', `${'\0'.repeat(257)}ustar`, /is a tar archive/],
    ['UTF-16 without a mark', Buffer.from('one day', 'utf16le'), /byte 1 is NUL.*looks like UTF-16LE/],
    ['something packed twice', gzipSync(gzipSync('a')), /is packed twice/],
    [
      'packed Parquet',
      gzipSync(Buffer.from(PARQUET.none, 'base64')),
      /is Parquet packed with gzip; unpack it/,
    ],
  ])('refuses %s', async (_, content, message) => {
    await expect(words('a', content)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test('takes the word of a caller who states a format', async () => {
    const text = { format: 'TEXT', documentSeparator: '|' };
    expect(await words('a.json', '{"text":"a"}\n', text)).toBe('plain text divided at "|", 3 documents');
    const table = { format: 'DELIMITED', textField: 'b', delimiter: '', unquoted: false };
    expect(await words('a.txt', 'a;b\n1;2\n', table)).toBe('CSV with ";", column b, 3 documents');
    expect(await words('a.tsv', 'b\nx\n', table)).toBe('TSV, column b, 3 documents');
    expect(await words('a.csv', 'a;b\n5" disk;2\n', { ...table, unquoted: true })).toBe(
      'CSV with ";" without quotes, column b, 3 documents',
    );
    const parquet = { format: 'PARQUET', textField: 'text' };
    await expect(words('a', 'plain', parquet)).rejects.toThrow(/is not Parquet, but Parquet is asked for/);
    await expect(words('a', Buffer.from(PARQUET.none, 'base64'), text)).rejects.toThrow(
      /is Parquet, but plain text is/,
    );
  });
});
