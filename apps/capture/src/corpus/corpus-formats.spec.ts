import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ActivationSet } from '@facet/contracts';
import {
  type CaptureClient,
  type CaptureSetup,
  capture,
  setUpCapture,
  tinySpec,
} from '../testing/capture-setup.ts';
import { readAll } from '../testing/read-all.ts';
import { TINY_BOS, tinyIds, writeTinyModel } from '../testing/tiny-model.ts';
import PARQUET from './testing/parquet-files.json' with { type: 'json' };

/** The documents of the Parquet files. */
const DOCUMENTS = ['One day. é', 'Two 👋', 'Four\nlines', 'Five'];
const objects = DOCUMENTS.map((text, id) => JSON.stringify({ id, text }));
const cells = DOCUMENTS.map((text, id) => `${id},"${text}"\n`).join('');

/** A model whose tokenizer knows a token that the embedding does not. */
const EXTENDED = 'extended';

let setup: CaptureSetup;
let running: CaptureClient;
let extended: string;
beforeAll(async () => {
  extended = await writeExtended();
  setup = await setUpCapture([extended]);
  running = await setup.start();
}, 60_000);
afterAll(async () => {
  await setup?.close();
  await rm(dirname(extended), { recursive: true });
}, 30_000);

/** Writes the model of unknown tokens and returns its folder, inside one of its own. */
async function writeExtended(): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'facet-extended-')), EXTENDED);
  await mkdir(folder);
  await writeTinyModel(folder);
  const path = join(folder, 'tokenizer.json');
  const tokenizer = JSON.parse(await readFile(path, 'utf8'));
  tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 257, content: '<tool>', special: false });
  await writeFile(path, JSON.stringify(tokenizer));
  return folder;
}

/** Captures a file whose format nobody states. */
async function captureFile(
  name: string,
  content: string | Uint8Array,
  value: object = {},
): Promise<ActivationSet> {
  const uri = await setup.corpus(name, content);
  const id = name.toLowerCase().replaceAll('.', '-');
  const format = { $case: 'recognised' as const, value };
  return capture(running.client, id, tinySpec(uri, { corpus: { uri, format }, partitionTokens: 1024 }));
}

describe('capture of a corpus of any format', () => {
  const ids = DOCUMENTS.flatMap((text, i) => [...(i > 0 ? [TINY_BOS] : []), ...tinyIds(text)]);

  test.each<[string, string | Uint8Array, string]>([
    ['lines.json', objects.join('\n'), 'JSON lines, field text, 4 documents'],
    ['array.json', `[${objects.join(',\n')}]`, 'JSON array, field text, 4 documents'],
    ['table.csv', `id,text\n${cells}`, 'CSV, column text, 4 documents'],
    ['table.tsv', `id\ttext\n${cells.replaceAll(',', '\t')}`, 'TSV, column text, 4 documents'],
    ['rows.parquet', Buffer.from(PARQUET.zstd, 'base64'), 'Parquet, column text, 4 documents'],
    ['plain.txt', DOCUMENTS.join('<|endoftext|>'), 'plain text divided at "<|endoftext|>", 4 documents'],
    [
      'wide.txt',
      Buffer.from(`\uFEFF${DOCUMENTS.join('<|endoftext|>')}`, 'utf16le'),
      'plain text divided at "<|endoftext|>", UTF-16LE, 4 documents',
    ],
    ['lines.jsonl.gz', gzipSync(objects.join('\n')), 'JSON lines, field text, gzip, 4 documents'],
  ])('%s gives the same tokens, and says how it was read', async (name, content, words) => {
    const set = await captureFile(name, content);
    expect([set.error?.message, set.summary?.corpusFormat]).toEqual([undefined, words]);
    const { tokenIds } = await readAll(running.client.readActivations({ name: set.name }));
    expect(tokenIds.filter((id) => id !== TINY_BOS)).toEqual(ids.filter((id) => id !== TINY_BOS));
    expect(set.spec?.corpus?.format?.$case).toBe('recognised');
  });

  test('divides a text with carriage returns at empty lines', async () => {
    const set = await captureFile('crlf.txt', 'a\r\nb\r\n\r\nc\r\n\r\nd', { documentSeparator: '\n\n' });
    expect(set.summary).toMatchObject({
      documents: 3n,
      corpusFormat: 'plain text divided at "\\n\\n", 3 documents',
    });
  });

  test('hashes the unpacked bytes, so that a corpus is the same packed or not', async () => {
    const [plain, packed] = [
      await captureFile('same.jsonl', objects.join('\n')),
      await captureFile('same.gz', gzipSync(objects.join('\n'))),
    ];
    expect(packed.lineage?.corpusSha256).toBe(plain.lineage?.corpusSha256);
    expect(plain.lineage?.corpusSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each<[string, string | Uint8Array, object, RegExp]>([
    ['bad.json', 'Once upon a time', {}, /named ".json" but does not begin with JSON/],
    [
      'bad.csv',
      'id,body\n1,x\n',
      {},
      /its columns are "id", "body"; name the one with the texts \(--text-field\)/,
    ],
    ['bad.txt', Buffer.from('one day', 'utf16le'), {}, /byte 1 is NUL, in line 1 \(it looks like UTF-16LE/],
    ['hint.json', '{"text":"a"}', { documentSeparator: '#' }, /JSON lines, which has no separator/],
  ])('refuses %s when the set is made, and makes none', async (name, content, value, message) => {
    const uri = await setup.corpus(name, content);
    const corpus = { uri, format: { $case: 'recognised' as const, value } };
    const creating = running.client.createActivationSet({
      activationSetId: 'refused',
      spec: tinySpec(uri, { corpus }),
    });
    await expect(creating).rejects.toMatchObject({
      kind: 'invalid',
      field: 'spec.corpus.uri',
      message: expect.stringMatching(message),
    });
    await expect(running.client.getActivationSet({ name: 'activationSets/refused' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('says where in a corpus what is wrong behind its beginning lies', async () => {
    const many = Array.from({ length: 600 }, (_, i) => `{"text":"line ${i} with some more"}`);
    const set = await captureFile('late.jsonl', [...many, '{"texts":"x"}'].join('\n'));
    expect(set).toMatchObject({
      state: 'ACTIVATION_SET_STATE_FAILED',
      error: {
        message: expect.stringMatching(
          /line 601 of the corpus ".*late.jsonl" has no text in the field "text".*"texts"/,
        ),
      },
    });
  });
});

describe('a token beyond the vocabulary', () => {
  const failed = async (name: string, content: string, value: object = {}) => {
    const uri = await setup.corpus(name, content);
    const corpus = { uri, format: { $case: 'recognised' as const, value } };
    const spec = tinySpec(uri, { corpus, model: `models/${EXTENDED}` });
    return (await capture(running.client, `extended-${name.replaceAll('.', '-')}`, spec)).error;
  };

  test('fails a capture with file, document, line, token and text', async () => {
    const error = await failed('tokens.txt', 'one\n|two\n\nthree <tool> four|five', {
      documentSeparator: '|',
    });
    expect(error).toMatchObject({
      reason: 'UNKNOWN_TOKEN',
      message: expect.stringMatching(
        /the corpus ".*tokens\.txt" has the token "<tool>" \(id 257\) in document 2, line 4: "two\\n\\nthree <tool> four"; models\/extended has only 257 tokens/,
      ),
    });
  });

  test('fails a capture of records with their line', async () => {
    const error = await failed('tokens.jsonl', '{"text":"a"}\n\n{"text":"b <tool>"}\n');
    expect(error?.message).toMatch(/the token "<tool>" \(id 257\) in document 2, line 3: "b <tool>"/);
  });
});
