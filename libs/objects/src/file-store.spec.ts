import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { openFileStore } from './file-store.ts';
import { openObjectStore } from './open-object-store.ts';
import type { ObjectStore } from './store.ts';
import { describeConditionalWrites } from './testing/object-store-contract.ts';

/** FIPS 180-2, appendix B.1. */
const SHA256_OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const bytes = (text: string) => Buffer.from(text);

let directory: string;
let store: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-objects-'));
  store = openObjectStore(pathToFileURL(directory).href);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const read = async (key: string) => Buffer.from(await store.read(key)).toString();
const keys = async (prefix: string) => {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
};
const leftovers = () => readdir(join(directory, '.tmp'));

describeConditionalWrites('file store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'facet-objects-'));
  const close = () => rm(folder, { recursive: true, force: true });
  return { store: openFileStore({ directory: folder }), close };
});

describe('openObjectStore', () => {
  test.each([
    ['nonsense', 'invalid'],
    ['https://host/x', 'invalid'],
    ['file://host/x', 'invalid'],
    ['file:///x?y', 'invalid'],
    ['s3://bucket/x', 'unimplemented'],
  ])('refuses %s as %s', (url, kind) => {
    expect(() => openObjectStore(url)).toThrow(expect.objectContaining({ kind }));
  });

  test('refuses a relative folder', () => {
    expect(() => openFileStore({ directory: 'x' })).toThrow('is not absolute');
  });
});

describe('write', () => {
  test('joins chunks, tells size and hash, and leaves no temporary file', async () => {
    expect(await store.write('a/b.txt', [bytes('a'), bytes('bc')])).toEqual({
      bytes: 3,
      sha256: SHA256_OF_ABC,
      version: expect.any(String),
    });
    expect(await read('a/b.txt')).toBe('abc');
    expect(await leftovers()).toEqual([]);
  });

  test('replaces an object', async () => {
    await store.write('a', bytes('long before'));
    await store.write('a', bytes('now'));
    expect(await read('a')).toBe('now');
  });

  test('lets exactly one of many concurrent ifAbsent writers win', async () => {
    const writers = Array.from({ length: 16 }, (_, i) =>
      store.write('a/b', bytes(`${i}`), { ifAbsent: true }),
    );
    const results = await Promise.allSettled(writers);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await read('a/b')).toBe(`${winner}`);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'exists' });
    expect(await leftovers()).toEqual([]);
  });

  test('survives a deletePrefix of its folder at any moment', async () => {
    const writes = Array.from({ length: 50 }, (_, i) => store.write(`a/b/${i}`, bytes('x')));
    const deletes = Array.from({ length: 20 }, () => store.deletePrefix('a'));
    await Promise.all([...writes, ...deletes]);
    for (const key of await keys('')) expect(await read(key)).toBe('x');
  });

  test('writes nothing once aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(store.write('a', bytes('x'), { signal })).rejects.toThrow('stopped');
    expect(await keys('')).toEqual([]);
  });

  test('stops between two pieces of a large object when aborted, and leaves nothing', async () => {
    const controller = new AbortController();
    const writing = store.write('a', new Uint8Array(64 * 1024 * 1024), { signal: controller.signal });
    const refused = expect(writing).rejects.toThrow('stopped');
    while ((await leftovers().catch(() => [])).length === 0) await new Promise(setImmediate);
    controller.abort(new Error('stopped'));
    await refused;
    expect([...(await keys('')), ...(await leftovers())]).toEqual([]);
  });

  test('refuses a key that is also a folder, and a folder that is also an object', async () => {
    await store.write('a/b', bytes('x'));
    await expect(store.write('a', bytes('x'))).rejects.toMatchObject({ kind: 'invalid' });
    for (const ifAbsent of [false, true])
      await expect(store.write('a/b/c', bytes('x'), { ifAbsent })).rejects.toMatchObject({ kind: 'invalid' });
    expect(await keys('')).toEqual(['a/b']);
    expect(await leftovers()).toEqual([]);
  });

  test('names the path of a store that may not be written', async () => {
    if (process.getuid?.() === 0) return console.warn('skipped: root may write everywhere');
    await chmod(directory, 0o500);
    await expect(store.write('a', bytes('x'))).rejects.toMatchObject({ kind: 'precondition' });
    await chmod(directory, 0o700);
  });
});

/** Writes 1 MB over an object of 2 bytes in a process of its own and prints what came of it. */
const WRITE_TOO_MUCH = `
  process.on('SIGXFSZ', () => {});
  const { openObjectStore } = await import(process.argv[1]);
  const store = openObjectStore(process.argv[2]);
  await store.write('a/b', Buffer.from('ok'));
  const failed = await store.write('a/b', Buffer.alloc(1_000_000)).catch((error) => error);
  const objects = [];
  for await (const { key, bytes } of store.list('')) objects.push([key, bytes]);
  const { readdirSync } = await import('node:fs');
  const temp = readdirSync(new URL(process.argv[2] + '/.tmp'));
  console.log(JSON.stringify({ kind: failed.kind, message: failed.message, metadata: failed.metadata, objects, temp }));
`;

/** Runs the script in a shell that first gives up room: by `limit`, a shell command. */
const writeTooMuch = async (wrapper: string[], limit: string) => {
  const module = new URL('../dist/index.js', import.meta.url).href;
  const node = [process.execPath, '--input-type=module', '-e', WRITE_TOO_MUCH, module, store.url];
  const [command, ...args] = [...wrapper, 'sh', '-c', `${limit} && exec "$0" "$@"`, ...node];
  const { stdout } = await promisify(execFile)(command!, args);
  return JSON.parse(stdout);
};

describe('write to a full disk', () => {
  const refusal = (code: string) => ({
    kind: 'exhausted',
    message: `no space for the 1000000 bytes of a/b (${code}); free some and retry`,
    metadata: { path: 'a/b', bytes: '1000000' },
    objects: [['a/b', 2]],
    temp: [],
  });

  test('keeps the old object when a file may not grow (EFBIG)', async () => {
    expect(await writeTooMuch([], 'ulimit -f 100')).toEqual(refusal('EFBIG'));
  });

  test('keeps the old object when the file system is full (ENOSPC)', async () => {
    const namespace = ['unshare', '--map-root-user', '--mount'];
    const mount = `mount -t tmpfs -o size=256k tmpfs '${directory}'`;
    const allowed = promisify(execFile)(namespace[0]!, [...namespace.slice(1), 'sh', '-c', mount]);
    if (!(await allowed.catch(() => undefined)))
      return console.warn('skipped: this machine lets nobody mount a small file system');
    expect(await writeTooMuch(namespace, mount)).toEqual(refusal('ENOSPC'));
  });
});

describe('read', () => {
  beforeEach(() => store.write('a', bytes('0123456789')));

  test.each([
    [{ start: 2, end: 5 }, '234'],
    [{ start: 8 }, '89'],
    [{ end: 99 }, '0123456789'],
    [{ start: 10 }, ''],
    [{ start: 99, end: 100 }, ''],
  ])('gives the bytes of the range %j', async (range, expected) => {
    expect(Buffer.from(await store.read('a', range)).toString()).toBe(expected);
  });

  test.each([{ start: -1 }, { start: 3, end: 2 }, { start: 0.5 }, { end: Number.NaN }])(
    'refuses the range %j',
    async (range) => {
      await expect(store.read('a', range)).rejects.toMatchObject({ kind: 'invalid' });
    },
  );

  test('names a missing object, also where its folder is an object', async () => {
    await expect(store.read('b')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(store.read('a/b')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('follows no symbolic link', async () => {
    await symlink('/etc/hostname', join(directory, 'link'));
    await expect(store.read('link')).rejects.toMatchObject({ kind: 'not-found' });
    expect(await keys('')).toEqual(['a']);
  });
});

describe('list', () => {
  test('gives what was written below a prefix, ordered by key', async () => {
    const segment = fc.stringMatching(/^[ab][-.b]{0,2}$/);
    const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { maxLength: 12 }), async (wanted) => {
        await Promise.all(
          (await readdir(directory)).map((name) => rm(join(directory, name), { recursive: true })),
        );
        const isFolder = (one: string) => wanted.some((other) => other.startsWith(`${one}/`));
        const objects = wanted.filter((one) => !isFolder(one)).sort();
        for (const one of objects) await store.write(one, bytes(one));
        expect(await keys('')).toEqual(objects);
        for (const prefix of ['a', 'a/', 'b', 'a/b'])
          expect(await keys(prefix)).toEqual(
            objects.filter((one) => one.startsWith(`${prefix.replace(/\/$/, '')}/`)),
          );
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  test('tells sizes, and finds nothing in a store that does not exist yet', async () => {
    await store.write('a/b', bytes('abc'));
    for await (const object of store.list('a'))
      expect(object).toEqual({ key: 'a/b', bytes: 3, modifiedMs: expect.any(Number) });
    const absent = openFileStore({ directory: join(directory, 'absent') });
    for await (const object of absent.list('')) expect(object).toBeUndefined();
  });
});

describe('listFolders', () => {
  test('names the folders below a prefix, in the order of their names', async () => {
    for (const key of ['a/b/c', 'a/b-c/d', 'a/b.d/e/f', 'a/g']) await store.write(key, bytes('x'));
    expect(await store.listFolders('a')).toEqual(['b', 'b-c', 'b.d']);
    expect(await store.listFolders('')).toEqual(['a']);
    expect(await store.listFolders('none')).toEqual([]);
  });
});

describe('delete', () => {
  test('removes one object and is content when it is gone', async () => {
    await store.write('a/b', bytes('x'));
    await store.delete('a/b');
    await store.delete('a/b');
    await store.delete('a');
    expect([await store.exists('a/b'), await store.exists('a')]).toEqual([false, false]);
  });
});

describe('deletePrefix', () => {
  test('removes a folder and neither its namesakes nor an object of that name', async () => {
    for (const key of ['a/b/c', 'a/b/d', 'a/bc', 'a/b.txt']) await store.write(key, bytes('x'));
    expect(await store.deletePrefix('a/b')).toBe(2);
    expect(await store.deletePrefix('a/b/')).toBe(0);
    expect(await store.deletePrefix('a/bc')).toBe(0);
    expect(await keys('')).toEqual(['a/b.txt', 'a/bc']);
    expect(await leftovers()).toEqual([]);
  });

  test('refuses to empty a store', async () => {
    await expect(store.deletePrefix('')).rejects.toMatchObject({ kind: 'invalid' });
  });
});
