import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readJson } from '../json.ts';
import type { ObjectStore } from '../store.ts';
import { type Racer, startRacer, startRacers } from './racer.ts';
import type { WriterAnswer, WriterTask } from './racing-writer.ts';

/** A store for a test, reachable at `store.url` by other processes too. */
export interface StoreFixture {
  store: ObjectStore;
  close(): Promise<void>;
}

const WRITER = fileURLToPath(new URL('./racing-writer.ts', import.meta.url));
const ROUNDS = 50;
const KILLS = 12;
const LIMIT_MS = 240_000;
const bytes = (text: string) => Buffer.from(text);

/** The contract of conditional writes, which every store passes: exactly one of many writers wins, the others know it. */
export function describeConditionalWrites(name: string, open: () => Promise<StoreFixture>): void {
  let fixture: StoreFixture;
  let store: ObjectStore;
  beforeEach(async () => {
    fixture = await open();
    store = fixture.store;
  });
  afterEach(() => fixture.close());
  const text = async (key: string) => Buffer.from(await store.read(key)).toString();

  describe(`${name}: versions`, () => {
    test('are told by write and read alike, and stay while nobody writes', async () => {
      const { version } = await store.write('a/b', bytes('x'));
      expect(await store.readVersion('a/b')).toEqual({ data: new Uint8Array(bytes('x')), version });
      expect((await store.readVersion('a/b', { start: 1 })).version).toBe(version);
    });

    test('never come again, whatever is written, deleted and written again', async () => {
      const versions: string[] = [];
      for (let i = 0; i < 30; i++) {
        versions.push((await store.write('a/b', bytes(i % 2 ? 'x' : 'y'))).version);
        if (i % 3 === 0) await store.delete('a/b');
        if (i % 7 === 0) await store.deletePrefix('a');
      }
      expect(new Set(versions).size).toBe(versions.length);
    });
  });

  describe(`${name}: ifMatch`, () => {
    test('replaces and deletes the version that it names', async () => {
      const first = await store.write('a/b', bytes('1'));
      const second = await store.write('a/b', bytes('2'), { ifMatch: first.version });
      expect(await text('a/b')).toBe('2');
      await store.delete('a/b', { ifMatch: second.version });
      expect(await store.exists('a/b')).toBe(false);
    });

    test.each(['replaced', 'replaced by the same bytes', 'deleted', 'deleted and written again', 'removed'])(
      'is aborted where the object was %s, and changes nothing',
      async (what) => {
        const { version } = await store.write('a/b', bytes('1'));
        if (what === 'removed') await store.deletePrefix('a');
        else if (what.startsWith('deleted')) await store.delete('a/b');
        if (what === 'replaced') await store.write('a/b', bytes('2'));
        if (what.includes('same') || what.includes('again')) await store.write('a/b', bytes('1'));
        const before = await store.read('a/b').catch(({ kind }) => kind);
        const late = { kind: 'aborted', reason: 'VERSION_MISMATCH' };
        await expect(store.write('a/b', bytes('3'), { ifMatch: version })).rejects.toMatchObject(late);
        await expect(store.delete('a/b', { ifMatch: version })).rejects.toMatchObject(late);
        expect(await store.read('a/b').catch(({ kind }) => kind)).toEqual(before);
      },
    );

    test('is aborted where there never was an object, and makes none', async () => {
      await expect(store.write('a/b', bytes('1'), { ifMatch: 'v' })).rejects.toMatchObject({
        kind: 'aborted',
      });
      await expect(store.delete('a/b', { ifMatch: 'v' })).rejects.toMatchObject({ kind: 'aborted' });
      expect(await store.exists('a/b')).toBe(false);
    });

    test('is not taken together with ifAbsent', async () => {
      const both = { ifAbsent: true, ifMatch: 'v' };
      await expect(store.write('a', bytes('1'), both)).rejects.toMatchObject({ kind: 'invalid' });
    });
  });

  describe(`${name}: ifAbsent`, () => {
    test('writes again what was deleted, and is refused where something is', async () => {
      await store.write('a/b', bytes('1'), { ifAbsent: true });
      await store.delete('a/b');
      await store.write('a/b', bytes('2'), { ifAbsent: true });
      await expect(store.write('a/b', bytes('3'), { ifAbsent: true })).rejects.toMatchObject({
        kind: 'exists',
      });
      expect(await text('a/b')).toBe('2');
    });
  });

  describe(`${name}: concurrent writers`, () => {
    test('without a condition all succeed, and one of them stands', async () => {
      const written = await Promise.all(
        Array.from({ length: 16 }, (_, i) => store.write('a/b', bytes(`${i}`))),
      );
      const { data, version } = await store.readVersion('a/b');
      expect(written[Number(Buffer.from(data).toString())]!.version).toBe(version);
    });

    test(
      `of two processes and their callers, one wins each of ${ROUNDS} rounds, and the others are told`,
      async () => {
        const racers = startRacers(WRITER);
        try {
          for (let round = 0; round < ROUNDS; round++) await raceOnce(store, racers, round);
        } finally {
          await Promise.all(racers.map((racer) => racer.end()));
        }
      },
      LIMIT_MS,
    );

    test(
      'who change one document at once from two processes lose none of their changes',
      async () => {
        const racers = startRacers(WRITER);
        const task: WriterTask = { url: store.url, key: 'a/n.json', callers: 4, do: 'count', times: 25 };
        const answers = await Promise.all(racers.map((racer) => racer.run<WriterAnswer[]>(task)));
        await Promise.all(racers.map((racer) => racer.end()));
        expect(answers.flat().every(({ won }) => won !== undefined)).toBe(true);
        expect(await counted(store, task.key)).toBe(200);
      },
      LIMIT_MS,
    );

    test(
      'who are killed at any moment lose nothing that they were told, leave nothing half and hold nobody up',
      async () => {
        const task: WriterTask = { url: store.url, key: 'a/n.json', callers: 1, do: 'count', times: 1 };
        const survivor = startRacer(WRITER);
        let told = 0;
        let asked = 0;
        for (let kill = 0; kill < KILLS; kill++) {
          const doomed = startRacer(WRITER);
          await doomed.run(task).then(() => told++);
          const wave = [doomed, doomed, doomed, survivor].map((racer) => racer.run(task));
          asked += 1 + wave.length;
          const ended = wave.map((one) =>
            one.then(
              () => told++,
              () => undefined,
            ),
          );
          // One of the four has written; the others are anywhere.
          await Promise.race(wave);
          await doomed.kill();
          await Promise.all(ended);
        }
        await survivor.run(task).then(() => told++);
        asked++;
        await survivor.end();
        const found = await counted(store, task.key);
        expect(found).toBeGreaterThanOrEqual(told);
        expect(found).toBeLessThanOrEqual(asked);
      },
      LIMIT_MS,
    );
  });
}

async function raceOnce(store: ObjectStore, racers: readonly Racer[], round: number): Promise<void> {
  const key = `races/${round}`;
  const race = async (task: { do: 'create' } | { do: 'replace' | 'delete'; version: string }) => {
    const answers = await Promise.all(
      racers.map((racer) => racer.run<WriterAnswer[]>({ url: store.url, key, callers: 3, ...task })),
    );
    const winners = answers.flat().filter(({ won }) => won !== undefined);
    const losers = answers.flat().filter(({ won }) => won === undefined);
    expect(winners).toHaveLength(1);
    for (const { lost } of losers) expect(lost).toBe(task.do === 'create' ? 'exists' : 'aborted');
    return winners[0]!.won!;
  };
  const created = await race({ do: 'create' });
  expect((await store.readVersion(key)).version).toBe(created);
  const replaced = await race({ do: 'replace', version: created });
  expect((await store.readVersion(key)).version).toBe(replaced);
  await race({ do: 'delete', version: replaced });
  expect(await store.exists(key)).toBe(false);
}

async function counted(store: ObjectStore, key: string): Promise<number> {
  return (await readJson(store, key, z.object({ count: z.number() }))).count;
}
