import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCorpus } from './corpus.ts';

describe('parseCorpus', () => {
  let folder: string;
  let text: string;
  let lines: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-cli-'));
    text = join(folder, 'a.txt');
    lines = join(folder, 'b.jsonl');
    await writeFile(text, 'one');
    await writeFile(lines, '{"text":"one"}');
  });

  afterAll(() => rm(folder, { recursive: true }));

  test('leaves the format to the service unless told otherwise', async () => {
    const hints = { documentSeparator: '', textField: '' };
    expect(await parseCorpus({ corpus: text })).toEqual({
      uri: text,
      format: { $case: 'recognised', value: hints },
    });
    const { format } = await parseCorpus({ corpus: lines, textField: 'body' });
    expect(format).toEqual({ $case: 'recognised', value: { ...hints, textField: 'body' } });
  });

  test('understands line breaks in the separator', async () => {
    const value = { documentSeparator: '\n\n---\n' };
    const separator = '\\n\\n---\\n';
    const { format } = await parseCorpus({ corpus: text, separator, format: 'text' });
    expect(format).toEqual({ $case: 'plainText', value });
    const windows = await parseCorpus({ corpus: text, separator: '\\r\\n\\t', format: 'text' });
    expect(windows.format).toEqual({ $case: 'plainText', value: { documentSeparator: '\r\n\t' } });
    const found = await parseCorpus({ corpus: text, separator });
    expect(found.format).toEqual({ $case: 'recognised', value: { ...value, textField: '' } });
  });

  test.each([
    ['jsonl', {}, 'jsonLines', {}],
    ['json', {}, 'jsonArray', {}],
    ['parquet', {}, 'parquet', {}],
    ['csv', {}, 'delimited', { delimiter: '', unquoted: false }],
    ['tsv', { quotes: false }, 'delimited', { delimiter: '\t', unquoted: true }],
  ])('takes --format %s', async (format, more, $case, value) => {
    const made = await parseCorpus({ corpus: lines, format, textField: 'body', ...more });
    expect(made.format).toEqual({ $case, value: { textField: 'body', ...value } });
  });

  test('refuses a file that is not there, and a folder', async () => {
    await expect(parseCorpus({ corpus: `${text}x` })).rejects.toThrow('does not exist');
    await expect(parseCorpus({ corpus: folder })).rejects.toThrow('is not a file');
  });

  test('refuses options of another format, and formats that are not known', async () => {
    await expect(parseCorpus({ corpus: lines, format: 'jsonl', separator: '#' })).rejects.toThrow(
      '--separator',
    );
    await expect(parseCorpus({ corpus: text, format: 'text', textField: 'x' })).rejects.toThrow(
      '--text-field',
    );
    await expect(parseCorpus({ corpus: text, separator: '#', textField: 'x' })).rejects.toThrow(
      'leave one out',
    );
    await expect(parseCorpus({ corpus: text, quotes: false })).rejects.toThrow('--no-quotes belongs to');
    await expect(parseCorpus({ corpus: text, format: 'xlsx' })).rejects.toThrow('"xlsx" is not known');
    await expect(parseCorpus({ corpus: text, format: 'constructor' })).rejects.toThrow('not known');
  });
});
