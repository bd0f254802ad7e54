import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openActivationSet } from '@facet/artifacts';
import { type ObjectStore, openObjectStore, verifyManifest } from '@facet/objects';
import { type Racer, startRacers } from '@facet/objects/testing';
import { encodeInput } from '../planning/input-file.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { createSetStore, type SetStore } from '../sets/set-store.ts';
import type { CaptureAnswer, CaptureTask } from '../testing/racing-capture.ts';
import { ROW_WIDTH as D_IN, SET_ROWS as ROWS, recordOf } from '../testing/set-record-of.ts';

const RACER = new URL('../testing/racing-capture.ts', import.meta.url).pathname;
const ROUNDS = 50;
const LIMIT_MS = 240_000;
const PARTITIONS = [0, 1, 2];

let folder: string;
let store: ObjectStore;
let sets: SetStore;
let racers: [Racer, Racer];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-capture-races-'));
  store = openObjectStore(pathToFileURL(folder).href);
  sets = createSetStore(store);
  racers = startRacers(RACER);
});
afterAll(async () => {
  await Promise.all(racers.map((racer) => racer.end()));
  await rm(folder, { recursive: true, force: true });
});

/** A set whose plan and inputs are written; `first` is its first token. */
async function plannedSet(id: string, first: number): Promise<SetRecord> {
  const record = recordOf(id);
  await sets.create(record);
  const capture = sets.capture(record);
  const { signal } = new AbortController();
  const partitions: { rows: number; inputSha256: string }[] = [];
  for (const partition of PARTITIONS) {
    const tokenIds = Int32Array.from({ length: ROWS }, (_, i) => first + i);
    const packed = { tokenIds, documents: new Int32Array(ROWS), lengths: Int32Array.of(ROWS) };
    partitions.push({
      rows: ROWS,
      inputSha256: await capture.writeInput(partition, encodeInput(packed), signal),
    });
  }
  const { uid } = record;
  await capture.markStarted({ uid, time: record.createTime });
  const rows = ROWS * PARTITIONS.length;
  await capture.writePlan({ uid, rows, documents: 1, corpusSha256: 'cc', partitions });
  return record;
}

const capturing = (racer: number, record: SetRecord, partitions = PARTITIONS) => {
  const task: CaptureTask = { url: store.url, record, partitions, value: racer + 1 };
  return racers[racer]!.run<CaptureAnswer[]>(task);
};

/** The set is whole, and its commit records and its summary say what its shards hold. */
async function requireWhole(record: SetRecord): Promise<Set<number>> {
  await verifyManifest(store, `activationSets/${record.id}`);
  const set = await openActivationSet(store, record.id);
  const capture = sets.capture(record);
  expect(set.manifest.folder).toBe(capture.folder);
  const values = new Set<number>();
  let norms = 0;
  for (const partition of PARTITIONS) {
    const { activations } = await set.readShard(partition);
    const [value] = activations;
    expect(activations.every((each) => each === value)).toBe(true);
    values.add(value!);
    norms += value! * Math.sqrt(D_IN) * ROWS;
    const committed = await capture.partition(partition);
    expect(committed?.normSum).toBe(value! * Math.sqrt(D_IN) * ROWS);
  }
  expect(set.manifest.body.meanNorm).toBeCloseTo(norms / (ROWS * PARTITIONS.length), 6);
  return values;
}

describe('a worker and the one that took over from it', () => {
  test(
    'capture one set: it is whole, says what it holds, and neither is told a lie',
    async () => {
      const mixed = new Set<number>();
      for (let round = 0; round < ROUNDS; round++) {
        const record = await plannedSet(`set-${round}`, 3);
        const [late, next] = await Promise.all([
          capturing(0, record),
          capturing(1, record, PARTITIONS.toReversed()),
        ]);
        for (const answer of [...late, ...next]) expect(answer).toBe('ok');
        for (const value of await requireWhole(record)) mixed.add(value);
      }
      expect(mixed).toEqual(new Set([1, 2]));
    },
    LIMIT_MS,
  );

  test(
    'do nothing to a set that took the id of a deleted one',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const id = `again-${round}`;
        const before = await plannedSet(id, 3);
        const stale = capturing(0, before);
        expect(await sets.delete(before)).toBe(true);
        expect(await sets.delete(before)).toBe(false);
        const record = await plannedSet(id, 4);
        for (const answer of await capturing(1, record)) expect(answer).toBe('ok');
        await stale;
        expect(await requireWhole(record)).toEqual(new Set([2]));
        const { tokenIds } = await (await openActivationSet(store, id)).readShard(0);
        expect(tokenIds[0]).toBe(4);
      }
    },
    LIMIT_MS,
  );

  test('plan one set: inputs of the same corpus are the same, and those of another are refused', async () => {
    const record = await plannedSet('plans', 3);
    const capture = sets.capture(record);
    const { signal } = new AbortController();
    const input = (first: number) =>
      encodeInput({
        tokenIds: Int32Array.from({ length: ROWS }, (_, i) => first + i),
        documents: new Int32Array(ROWS),
        lengths: Int32Array.of(ROWS),
      });
    const sha256 = createHash('sha256')
      .update(Buffer.concat(input(3)))
      .digest('hex');
    const same = await Promise.all(
      [0, 0, 0].map((partition) => capture.writeInput(partition, input(3), signal)),
    );
    expect(same).toEqual([sha256, sha256, sha256]);
    await expect(capture.writeInput(0, input(9), signal)).rejects.toMatchObject({ reason: 'CORPUS_CHANGED' });
    await capturing(0, record);
    await requireWhole(record);
  });
});
