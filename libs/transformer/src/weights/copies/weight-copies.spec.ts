import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFloats } from '@facet/tensor';
import { writeModel } from '../../testing/small-model.ts';
import { rememberFileChecks } from '../file-checks.ts';
import { type MappedModel, mapWeights } from '../mapped-weights.ts';
import { loadModelDirectory } from '../model-directory.ts';
import type { CopyOptions } from './weight-copies.ts';

const ENTRY = join(__dirname, '../../testing/copy-process.ts');

let root: string;
let folder: string;
const mapped: MappedModel[] = [];
const children: ChildProcess[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-copies-'));
  folder = join(root, 'copies');
});
afterEach(async () => {
  await Promise.all(mapped.splice(0).map(({ release }) => release()));
  for (const child of children.splice(0)) if (child.kill('SIGKILL')) await once(child, 'exit');
  await rm(root, { recursive: true });
});

/** Writes a model whose W_up is BF16 and holds `value`. */
async function halfModel(name: string, value = 1): Promise<string> {
  await mkdir(join(root, name));
  return writeModel(join(root, name), (tensors) => {
    const data = encodeFloats(new Float32Array(32).fill(value), 'BF16');
    tensors['model.layers.0.mlp.up_proj.weight'] = { dtype: 'BF16', shape: [4, 8], data };
  });
}

async function map(directory: string, options: Partial<CopyOptions> = {}): Promise<MappedModel> {
  const model = await mapWeights(await loadModelDirectory(directory), { folder, ...options });
  mapped.push(model);
  return model;
}

/** Maps a model, gives it up, and returns the path of its copy, last used `daysAgo`. */
async function mapOnce(directory: string, daysAgo = 0): Promise<string> {
  const { copy, release } = await map(directory);
  await release();
  const used = new Date(Date.now() - daysAgo * 86_400_000);
  await utimes(copy!.path.replace(/f32$/, 'json'), used, used);
  return copy!.path;
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
const asides = async () => (await readdir(folder)).filter((name) => name.endsWith('.part'));

/** Starts `testing/copy-process.ts`, with files of at most `maxKib` where that is given. */
function start(args: readonly string[], maxKib?: number): ChildProcess {
  const command = [process.execPath, '--import', 'tsx', '--conditions=facet-source', ENTRY, ...args];
  const limit = maxKib === undefined ? '' : `trap '' XFSZ; ulimit -f ${maxKib};`;
  const child = spawn('bash', ['-c', `${limit} exec "$@"`, 'bash', ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [line] = await once(child.stdout!.setEncoding('utf8'), 'data');
  return String(line);
}

describe('openCopy', () => {
  test('finds a copy again without writing it', async () => {
    const directory = await halfModel('a');
    const path = await mapOnce(directory);
    const { ino } = await stat(path);
    const { warnings } = await map(directory);
    expect(warnings).toEqual([]);
    expect((await stat(path)).ino).toBe(ino);
  });

  test.each(['first', 'middle', 'last'])(
    'makes a copy anew whose %s byte is another, and says so',
    async (where) => {
      const directory = await halfModel('a');
      const path = await mapOnce(directory);
      const whole = await readFile(path);
      const at = { first: 0, middle: whole.length >> 1, last: whole.length - 1 }[where]!;
      const other = Buffer.from(whole);
      other[at]! ^= 1;
      await writeFile(path, other);
      const { warnings } = await map(directory);
      expect(warnings.join()).toMatch(/was damaged and was made anew/);
      expect((await readFile(path)).equals(whole)).toBe(true);
    },
  );

  test.each([0, 100, 8192, -1])('makes a copy anew that was cut at %i', async (at) => {
    const directory = await halfModel('a');
    const path = await mapOnce(directory);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, at));
    await map(directory);
    expect((await readFile(path)).equals(whole)).toBe(true);
  });

  test.each(['', '{', '{"key":"other"}'])('trusts no copy with the manifest %j', async (text) => {
    const directory = await halfModel('a');
    const path = await mapOnce(directory);
    const whole = await readFile(path);
    await writeFile(path, whole.fill(7, 0, 4));
    await writeFile(path.replace(/f32$/, 'json'), text);
    await map(directory);
    expect((await readFile(path))[0]).not.toBe(7);
  });

  test('trusts no copy that lies under the name of another model', async () => {
    const [a, b] = [await mapOnce(await halfModel('a', 1)), await mapOnce(await halfModel('b', 2))];
    const whole = await readFile(b);
    for (const end of ['f32', 'json'])
      await writeFile(b.replace(/f32$/, end), await readFile(a.replace(/f32$/, end)));
    await map(join(root, 'b/model'));
    expect((await readFile(b)).equals(whole)).toBe(true);
  });

  test('remembers that a copy is whole for as long as it is the same file', async () => {
    const checks = rememberFileChecks(join(root, 'memory'), { settledMs: 0 });
    let readings = 0;
    const counted: CopyOptions['checks'] = {
      answer: (question, paths, read) =>
        checks.answer(question, paths, () => {
          readings++;
          return read();
        }),
    };
    const directory = await halfModel('a');
    const path = await mapOnce(directory);
    for (let i = 0; i < 3; i++) await map(directory, { checks: counted });
    expect(readings).toBe(1);
    const { atime, mtime } = await stat(path);
    const bytes = await readFile(path);
    bytes[5]! ^= 4;
    await writeFile(path, bytes);
    await utimes(path, atime, mtime);
    const { warnings } = await map(directory, { checks: counted });
    expect(warnings).toHaveLength(1);
  });

  test('three at once end with one copy', async () => {
    const directory = await halfModel('a');
    await Promise.all([map(directory), map(directory), map(directory)]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.f32'))).toHaveLength(1);
    expect(await asides()).toEqual([]);
  });

  test('a writer that is killed leaves nothing that is used, and the next one clears it away', async () => {
    const directory = await halfModel('a');
    const child = start(['kill', directory, folder]);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    expect(await asides()).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => /^\w/.test(name))).toEqual([]);
    const { copy } = await map(directory);
    expect((await stat(copy!.path)).size).toBe(copy!.bytes);
    expect(await asides()).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.use'))).toHaveLength(1);
  }, 60_000);

  test('names the bytes where the disk takes only a part of them, and leaves nothing', async () => {
    const directory = await halfModel('a');
    const child = start(['try', directory, folder], 16);
    expect(await firstLine(child)).toMatch(
      /^exhausted: no space for the 45056 bytes .*FACET_INFERENCE_WEIGHT_COPIES/,
    );
    expect(await readdir(folder)).toEqual([]);
    expect(await isThere((await map(directory)).copy!.path)).toBe(true);
  }, 60_000);

  test.each(['as it was', 'touched'])(
    'maps a whole copy of a model %s where the disk takes nothing',
    async (state) => {
      const directory = await halfModel('a');
      await mapOnce(directory);
      const then = new Date(Date.now() - 5000);
      if (state === 'touched') await utimes(join(directory, 'model.safetensors'), then, then);
      const files = (await readdir(folder)).filter((name) => /^\w/.test(name));
      expect(await firstLine(start(['try', directory, folder], 0))).toBe('mapped\n');
      await map(directory);
      expect((await readdir(folder)).filter((name) => /^\w/.test(name))).toEqual(files);
      expect(await asides()).toEqual([]);
    },
    60_000,
  );

  test('removes what is stale for a model that needs none, also where the disk takes nothing', async () => {
    const directory = await halfModel('a');
    const path = await mapOnce(directory);
    await rm(directory, { recursive: true });
    await mkdir(join(root, 'plain'));
    const plain = await writeModel(join(root, 'plain'));
    expect(await firstLine(start(['try', plain, folder], 0))).toBe('mapped\n');
    expect(await isThere(path)).toBe(false);
  }, 60_000);

  test('names the folder that cannot be written, and the remedy', async () => {
    const directory = await halfModel('a');
    await writeFile(join(root, 'file'), '');
    await expect(map(directory, { folder: join(root, 'file/copies') })).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringMatching(
        /file\/copies cannot be written \(ENOTDIR\).*FACET_INFERENCE_WEIGHT_COPIES/,
      ),
    });
  });

  test('gives up when it is cancelled, and leaves nothing', async () => {
    const model = await loadModelDirectory(await halfModel('a'));
    const signal = AbortSignal.abort();
    await expect(mapWeights(model, { folder, signal })).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('removal of copies', () => {
  test('removes those whose model is gone or has changed, also for a model that needs none', async () => {
    const [a, b, c] = [await halfModel('a', 1), await halfModel('b', 2), await halfModel('c', 3)];
    const paths = [await mapOnce(a), await mapOnce(b), await mapOnce(c)];
    await rm(a, { recursive: true });
    await rename(join(root, 'b'), join(root, 'moved'));
    await halfModel('b', 4);
    await mkdir(join(root, 'whole'));
    await map(await writeModel(join(root, 'whole')));
    expect(await Promise.all(paths.map(isThere))).toEqual([false, false, true]);
  });

  test('removes the least recently used beyond the bound, and nothing that it does not know', async () => {
    const [a, b, c] = [await halfModel('a', 1), await halfModel('b', 2), await halfModel('c', 3)];
    const paths = [await mapOnce(a, 1), await mapOnce(b, 2)];
    await writeFile(join(folder, 'notes.f32'), 'mine');
    const { copy } = await map(c, { maxBytes: 2 * (await stat(paths[0]!)).size });
    expect(await Promise.all([...paths, copy!.path].map(isThere))).toEqual([true, false, true]);
    expect(await readFile(join(folder, 'notes.f32'), 'utf8')).toBe('mine');
  });

  test('keeps what is mapped here, whatever the bound, until it is released', async () => {
    const [a, b] = [await halfModel('a', 1), await halfModel('b', 2)];
    const first = await map(a);
    await rm(a, { recursive: true });
    const second = await map(b, { maxBytes: 1 });
    expect(await isThere(first.copy!.path)).toBe(true);
    await first.release();
    await second.release();
    const third = await map(await halfModel('c', 3), { maxBytes: 1 });
    const left = [first, second, third].map(({ copy }) => isThere(copy!.path));
    expect(await Promise.all(left)).toEqual([false, false, true]);
  });

  test('keeps what another process maps until that ends, however it ends', async () => {
    const directory = await halfModel('a', 1);
    const child = start(['hold', directory, folder]);
    expect(await firstLine(child)).toMatch(/^mapped/);
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.f32'));
    const other = await halfModel('b', 2);
    await (await map(other, { maxBytes: 1 })).release();
    expect(await isThere(join(folder, file!))).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await map(other, { maxBytes: 1 });
    expect(await isThere(join(folder, file!))).toBe(false);
  }, 60_000);

  test('keeps the copy of a model whose files were only touched, once it was opened again', async () => {
    const directory = await halfModel('a', 1);
    const path = await mapOnce(directory);
    const now = new Date(Date.now() - 5000);
    await utimes(join(directory, 'model.safetensors'), now, now);
    await (await map(directory)).release();
    await map(await halfModel('b', 2));
    expect(await isThere(path)).toBe(true);
  });
});
