import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openFileStore } from './file-store.ts';
import { updateJson } from './json.ts';
import type { ObjectStore } from './store.ts';
import { runStepByStep, step, type Turns } from './testing/step-by-step.ts';

// Every call of the file system is a step, before which a writer may sleep or be killed.
jest.mock('node:fs/promises', () => {
  const real = jest.requireActual('node:fs/promises');
  const stepped = ['link', 'lstat', 'lutimes', 'open', 'readlink', 'rename', 'rm', 'symlink'];
  const wrap =
    (name: string) =>
    async (...given: unknown[]) => {
      await step();
      return real[name](...given);
    };
  return { ...real, ...Object.fromEntries(stepped.map((name) => [name, wrap(name)])) };
});

const SCHEDULES = 120;
const WRITERS = 3;
const LIMIT_MS = 120_000;
const schema = z.object({ count: z.number() });

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-succession-'));
  store = openFileStore({ directory });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Mulberry32: the same turns for the same seed. */
function turnsOf(seed: number, killProbability: number): Turns {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { random, killProbability, changeProbability: [0.02, 0.2, 0.8][seed % 3]! };
}

const hidden = async () => (await readdir(join(directory, 'a'))).filter((name) => name.startsWith('.'));

/** What stands at a key; "0", the writer that deletes, where nothing does. */
const standsAt = async (key: string) =>
  (await store.exists(key)) ? Buffer.from(await store.read(key)).toString() : '0';

/** At most one won, and what it wrote stands; where none of those that were told won, a killed one may have. */
function requireTruth(told: ReadonlyMap<number, string>, stands: string): void {
  for (const what of told.values()) expect(['won', 'aborted']).toContain(what);
  const winners = [...told].filter(([, what]) => what === 'won').map(([i]) => `${i}`);
  expect(winners.length).toBeLessThanOrEqual(1);
  if (winners.length === 1) expect(stands).toBe(winners[0]);
  else expect(told.has(Number(stands))).toBe(false);
  if (told.size > 0) expect(stands).not.toBe('before');
}

describe('concurrent successions, in every order of their steps', () => {
  test.each([0, 0.02])(
    'one writer of a version wins and all others are told, where a step kills with probability %d',
    async (killProbability) => {
      for (let seed = 0; seed < SCHEDULES; seed++) {
        const key = `a/${seed}`;
        const { version } = await store.write(key, Buffer.from('before'));
        const told = new Map<number, string>();
        const writer = (i: number) => async () => {
          const what = Buffer.from(`${i}`);
          const writing =
            i === 0 ? store.delete(key, { ifMatch: version }) : store.write(key, what, { ifMatch: version });
          told.set(
            i,
            await writing.then(
              () => 'won',
              ({ kind }) => kind,
            ),
          );
        };
        await runStepByStep([...Array(WRITERS).keys()].map(writer), turnsOf(seed, killProbability));
        requireTruth(told, await standsAt(key));
        if (killProbability === 0) expect([...told.values()]).toContain('won');
      }
    },
    LIMIT_MS,
  );

  test.each([0, 0.003])(
    'no told change is lost, whoever sleeps between two steps, where a step kills with probability %d',
    async (killProbability) => {
      for (let seed = 0; seed < SCHEDULES; seed++) {
        const key = `a/${seed}.json`;
        let told = 0;
        const writer = async () => {
          for (let i = 0; i < 2; i++) {
            await updateJson(store, key, schema, (now) => ({ count: (now?.value.count ?? 0) + 1 }));
            told++;
          }
        };
        const ended = await runStepByStep(Array(WRITERS).fill(writer), turnsOf(seed, killProbability));
        const killed = ended.filter((one) => !one).length;
        const { value } = await updateJson(store, key, schema, (now) => ({ count: now?.value.count ?? 0 }));
        expect(value.count).toBeGreaterThanOrEqual(told);
        expect(value.count).toBeLessThanOrEqual(told + killed);
        if (killProbability === 0) expect(await hidden()).toEqual([]);
      }
    },
    LIMIT_MS,
  );

  test('no killed writer holds up the next, and all that one left is a leftover', async () => {
    for (let seed = 0; seed < SCHEDULES; seed++) {
      const key = `a/${seed % 7}`;
      await store.write(key, Buffer.from('before'));
      const writer = async () => void (await store.write(key, Buffer.from('killed')));
      await runStepByStep([writer, writer], turnsOf(seed, 0.1));
      await store.write(key, Buffer.from('after'));
      expect(Buffer.from(await store.read(key)).toString()).toBe('after');
    }
    const left = await hidden();
    expect(left.length).toBeGreaterThan(0);
    for await (const { remove } of store.leftovers()) await remove();
    expect(await hidden()).toEqual([]);
  }, 60_000);
});
