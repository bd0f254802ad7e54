import { appendFile, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeModel } from '../testing/small-model.ts';
import { type FileChecks, rememberFileChecks } from './file-checks.ts';
import { loadModelDirectory } from './model-directory.ts';

let root: string;
let file: string;
let memory: string;
let readings: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-checks-'));
  file = join(root, 'weights');
  memory = join(root, 'data/checks');
  readings = 0;
  await writeFile(file, 'four');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Asks as a new process would. */
function ask(question = 'text', paths = [file], checks = rememberFileChecks(memory, { settledMs: 0 })) {
  return checks.answer(question, paths, () => {
    readings++;
    return readFile(paths.at(-1)!, 'utf8');
  });
}

describe('rememberFileChecks', () => {
  test('reads once while nothing changes', async () => {
    expect([await ask(), await ask(), await ask()]).toEqual(['four', 'four', 'four']);
    expect(readings).toBe(1);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['other bytes of the same length', () => writeFile(file, 'FOUR')],
    ['more bytes', () => appendFile(file, '!')],
    ['a time of modification', () => utimes(file, 1, 1)],
    [
      'other bytes of the same length with the old time of modification',
      async () => {
        const { atime, mtime } = await stat(file);
        await writeFile(file, 'FOUR');
        await utimes(file, atime, mtime);
      },
    ],
    [
      'another file of the same length and time under the same name',
      async () => {
        const { atime, mtime } = await stat(file);
        await writeFile(`${file}.new`, 'FOUR');
        await utimes(`${file}.new`, atime, mtime);
        await rename(`${file}.new`, file);
      },
    ],
  ])('reads again after %s', async (_, change) => {
    await ask();
    await change();
    expect(await ask()).toBe(await readFile(file, 'utf8'));
    expect(readings).toBe(2);
  });

  test('tells questions, files and orders of files apart', async () => {
    const other = join(root, 'other');
    await writeFile(other, 'else');
    await ask('text');
    await ask('length');
    expect(await ask('text', [other])).toBe('else');
    expect(await ask('text', [file, other])).toBe('else');
    expect(await ask('text', [other, file])).toBe('four');
    expect(readings).toBe(5);
  });

  test.each<[string, (text: string) => string]>([
    ['cut', (text) => text.slice(0, -3)],
    ['emptied', () => ''],
    ['no text', () => '\u0000\uffff'],
    ['another answer under the old checksum', (text) => text.replace('four', 'five')],
    ['other JSON under the old checksum', (text) => `${text.slice(0, 64)}\n{}`],
  ])('ignores a memory that is %s', async (_, damage) => {
    await ask();
    await writeFile(memory, damage(await readFile(memory, 'utf8')));
    expect(await ask()).toBe('four');
    expect(await ask()).toBe('four');
    expect(readings).toBe(2);
  });

  test('works where the memory cannot be written', async () => {
    memory = join(file, 'checks');
    expect([await ask(), await ask()]).toEqual(['four', 'four']);
    expect(readings).toBe(2);
  });

  test('remembers nothing of a file that changed while it was read, or a moment ago', async () => {
    const checks = rememberFileChecks(memory, { settledMs: 0 });
    await checks.answer('text', [file], async () => {
      const text = await readFile(file, 'utf8');
      await writeFile(file, 'FOUR');
      return text;
    });
    expect(await ask()).toBe('FOUR');
    await rm(memory);
    await ask('text', [file], rememberFileChecks(memory, { settledMs: 3_600_000 }));
    await expect(stat(memory)).rejects.toThrow('ENOENT');
  });

  test('hands on what a reading throws, and asks again', async () => {
    const checks = rememberFileChecks(memory, { settledMs: 0 });
    const failing = () => checks.answer('text', [file], () => Promise.reject(new Error('NaN')));
    await expect(failing()).rejects.toThrow('NaN');
    await expect(failing()).rejects.toThrow('NaN');
    await expect(
      checks.answer('text', [join(root, 'absent')], () => Promise.reject(new Error('none'))),
    ).rejects.toThrow('none');
  });
});

describe('loadModelDirectory with a memory', () => {
  /** Counts the questions that took a reading. */
  const counted = (): { checks: FileChecks; asked: string[] } => {
    const asked: string[] = [];
    const inner = rememberFileChecks(memory, { settledMs: 0 });
    return {
      asked,
      checks: {
        answer: (question, paths, read) =>
          inner.answer(question, paths, () => {
            asked.push(question);
            return read();
          }),
      },
    };
  };

  test('reads no weight a second time, and finds a NaN that came later', async () => {
    const directory = await writeModel(root, (tensors) => {
      tensors['lm_head.weight'] = tensors['model.embed_tokens.weight']!;
    });
    const first = counted();
    const before = await loadModelDirectory(directory, first);
    expect(first.asked).toEqual(['finite', 'same model.embed_tokens.weight and lm_head.weight', 'sha256']);
    const second = counted();
    expect(await loadModelDirectory(directory, second)).toEqual(before);
    expect(second.asked).toEqual([]);
    const path = join(directory, 'model.safetensors');
    const bytes = await readFile(path);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    await writeFile(path, bytes);
    await expect(loadModelDirectory(directory, counted())).rejects.toThrow('NaN or infinity');
  });
});
