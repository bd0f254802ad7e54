import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from './file-store.ts';
import { findLeftovers, findStale, keepSwept, type Orphan, type OrphanFinder } from './orphans.ts';
import type { ObjectStore } from './store.ts';

const HOUR_MS = 3_600_000;

describe('orphans', () => {
  let directory: string;
  let store: ObjectStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facet-orphans-'));
    store = openFileStore({ directory });
    await store.write('a/b/object', Buffer.from('12345'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const found = async (find: OrphanFinder, olderThanMs: number) => {
    const orphans: Orphan[] = [];
    for await (const orphan of find(olderThanMs)) orphans.push(orphan);
    return orphans;
  };

  test('are what killed writers left, files and folders; no object is one', async () => {
    expect(await found(findLeftovers(store), 0)).toEqual([]);
    await mkdir(join(directory, '.tmp/deleted/x'), { recursive: true });
    await writeFile(join(directory, '.tmp/half-written'), 'abc');
    await writeFile(join(directory, '.tmp/deleted/x/y'), 'abcd');
    await writeFile(join(directory, 'a/b/.next-11111111-1111-4111-8111-111111111111'), 'ab');
    const orphans = await found(findLeftovers(store), 0);
    expect(orphans.map(({ place, bytes }) => [place, bytes]).toSorted()).toEqual([
      ['.tmp/deleted', 4],
      ['.tmp/half-written', 3],
      ['a/b/.next-11111111-1111-4111-8111-111111111111', 2],
    ]);
    expect(await found(findLeftovers(store), HOUR_MS)).toEqual([]);
    for (const orphan of orphans) await orphan.remove();
    expect(await found(findLeftovers(store), 0)).toEqual([]);
    expect(await readdir(join(directory, 'a/b'))).toEqual(['object']);
  });

  test('what still counts of a succession is not removed', async () => {
    const { version } = await store.readVersion('a/b/object');
    const next = '.next-22222222-2222-4222-8222-222222222222';
    await writeFile(join(directory, 'a/b', next), 'the winner');
    // The writer was killed between its claim and its effect.
    const hash = createHash('sha256').update(`object ${version}`).digest('hex');
    await symlink(next, join(directory, 'a/b', `.claim-${hash.slice(0, 40)}`));
    expect(await found(findLeftovers(store), 0)).toEqual([]);
    // A claim of a version that stands no more, whose next file was put in its place.
    await symlink(
      '.next-33333333-3333-4333-8333-333333333333',
      join(directory, 'a/b', `.claim-${'0'.repeat(40)}`),
    );
    for (const orphan of await found(findLeftovers(store), 0)) await orphan.remove();
    expect(
      (await readdir(join(directory, 'a/b'))).filter((name) => /^\.(claim|next)-0{8}/.test(name)),
    ).toEqual([]);
    expect(await readdir(join(directory, 'a/b'))).toContain(next);
    await store.write('a/b/object', Buffer.from('after'));
    expect(await readdir(join(directory, 'a/b'))).toEqual(['object']);
  });

  test('below a prefix are so only where nothing was written lately, and go one by one', async () => {
    await store.write('old/one', Buffer.from('123'));
    await store.write('old/two', Buffer.from('4567'));
    const long = new Date(Date.now() - 2 * HOUR_MS);
    await utimes(join(directory, 'old/one'), long, long);
    const question = { what: 'old files', prefix: 'old', olderThanMs: HOUR_MS };
    expect(await findStale(store, question)).toBeUndefined();
    await utimes(join(directory, 'old/two'), long, long);
    const orphan = (await findStale(store, question))!;
    expect(orphan).toMatchObject({ what: 'old files', place: 'old', count: 2, bytes: 7 });
    await store.write('old/three', Buffer.from('8'));
    await orphan.remove();
    const left: string[] = [];
    for await (const { key } of store.list('old')) left.push(key);
    expect(left).toEqual(['old/three']);
    expect(await findStale(store, { ...question, prefix: 'nothing' })).toBeUndefined();
  });

  test('are swept at once; a finder that fails does not stop the others', async () => {
    await mkdir(join(directory, '.tmp'), { recursive: true });
    await writeFile(join(directory, '.tmp/old'), 'abc');
    const stop = new AbortController();
    const swept: string[] = [];
    const errors: unknown[] = [];
    await new Promise<void>((resolve) => {
      void keepSwept({
        finders: [
          // biome-ignore lint/correctness/useYield: it fails before it finds anything
          async function* () {
            throw new Error('ClickHouse is away');
          },
          findLeftovers(store),
        ],
        olderThanMs: 0,
        signal: stop.signal,
        onSwept: ({ place }) => {
          swept.push(place);
          stop.abort();
          resolve();
        },
        onError: (error) => errors.push(error),
      });
    });
    expect(swept).toEqual(['.tmp/old']);
    expect(errors[0]).toEqual(new Error('ClickHouse is away'));
    expect(await readdir(join(directory, '.tmp'))).toEqual([]);
  });
});
