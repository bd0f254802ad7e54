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

  test('takes plain text with the separator of the contract unless told otherwise', async () => {
    expect(await parseCorpus({ corpus: text })).toEqual({
      uri: text,
      format: { $case: 'plainText', value: { documentSeparator: '' } },
    });
  });

  test('understands line breaks in the separator', async () => {
    const { format } = await parseCorpus({ corpus: text, separator: '\\n\\n---\\n' });
    expect(format).toEqual({ $case: 'plainText', value: { documentSeparator: '\n\n---\n' } });
  });

  test('tells JSON lines by the ending', async () => {
    const { format } = await parseCorpus({ corpus: lines, textField: 'body' });
    expect(format).toEqual({ $case: 'jsonLines', value: { textField: 'body' } });
  });

  test('refuses a file that is not there, and a folder', async () => {
    await expect(parseCorpus({ corpus: `${text}x` })).rejects.toThrow('does not exist');
    await expect(parseCorpus({ corpus: folder })).rejects.toThrow('is not a file');
  });

  test('refuses options of the other format', async () => {
    await expect(parseCorpus({ corpus: lines, separator: '#' })).rejects.toThrow('--separator');
    await expect(parseCorpus({ corpus: text, textField: 'x' })).rejects.toThrow('--text-field');
    await expect(parseCorpus({ corpus: text, format: 'csv' })).rejects.toThrow('"csv"');
  });
});
