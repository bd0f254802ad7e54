import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import type { RowSource } from '@facet/sae-training';
import { D_IN, writeSparseSet } from '../testing/sparse-set.ts';
import { openSetSource } from './set-source.ts';
import { openTrainingSets } from './training-sets.ts';

let folder: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-source-'));
  store = openObjectStore(pathToFileURL(folder).href);
  await writeSparseSet(store, 'one', { rows: 1024, shards: 3 });
  await writeSparseSet(store, 'two', { rows: 640, shards: 2, seed: 2n });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(bufferRows: number, heldOutFraction = 0.1): Promise<RowSource> {
  const sets = await openTrainingSets(store, ['one', 'two']);
  return openSetSource(sets, { heldOutFraction, bufferRows, signal: new AbortController().signal });
}

/** Rows as texts, for rows are compared whole. */
async function rowsOf(chunks: AsyncIterable<Float32Array>): Promise<string[]> {
  const rows: string[] = [];
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += D_IN) rows.push(chunk.subarray(at, at + D_IN).join());
  }
  return rows;
}

const sorted = (rows: string[]) => [...rows].sort();

describe.each([
  ['all rows in memory', 0],
  ['a mixing buffer of 200 rows', 200],
])('openSetSource with %s', (_, bufferRows) => {
  test('gives every training row once per epoch, in an order that seed and epoch decide', async () => {
    const source = await open(bufferRows);
    const first = await rowsOf(source.epoch(1n, 0));
    const again = await rowsOf(source.epoch(1n, 0));
    const next = await rowsOf(source.epoch(1n, 1));
    const other = await rowsOf(source.epoch(2n, 0));
    expect(first).toHaveLength(source.rows);
    expect(new Set(first).size).toBe(source.rows);
    expect(again).toEqual(first);
    for (const epoch of [next, other]) {
      expect(epoch).not.toEqual(first);
      expect(sorted(epoch)).toEqual(sorted(first));
    }
  });

  test('holds whole documents out and leaves BOS rows out', async () => {
    const source = await open(bufferRows);
    const train = await rowsOf(source.epoch(1n, 0));
    const heldOut = await rowsOf(source.heldOut());
    // 16 and 10 documents of 60 rows that are not BOS; a tenth of each, rounded, is 2 and 1.
    expect(heldOut).toHaveLength(3 * 60);
    expect(train).toHaveLength((26 - 3) * 60);
    expect(train.filter((row) => heldOut.includes(row))).toEqual([]);
    expect([...train, ...heldOut].some((row) => Number(row.split(',')[0]) > 500)).toBe(false);
  });
});

describe.each([
  ['all rows in memory', 0],
  ['a mixing buffer of 200 rows', 200],
])('openSetSource with max_norm_multiple and %s', (_, bufferRows) => {
  // Rows 1, 33, 65, …; none of them is BOS, which every 16th is from row 0.
  beforeEach(() => writeSparseSet(store, 'spiked', { rows: 1024, shards: 3, outlierEvery: 32 }));

  const normOf = (row: string) => Math.hypot(...row.split(',').map(Number));

  async function openSpiked(maxNormMultiple: number | undefined) {
    const sets = await openTrainingSets(store, ['spiked']);
    const { signal } = new AbortController();
    return openSetSource(sets, { heldOutFraction: 0.1, bufferRows, maxNormMultiple, signal });
  }

  test('leaves outliers out of training and held-out rows alike, and counts them', async () => {
    const source = await openSpiked(3);
    expect(source.outlierRows).toBe(32);
    const [train, heldOut] = [await rowsOf(source.epoch(1n, 0)), await rowsOf(source.heldOut())];
    // 2 of 16 documents are held out; each has 60 rows that are not BOS, 2 of them outliers.
    expect([train.length, heldOut.length]).toEqual([14 * 58, 2 * 58]);
    expect(source.rows).toBe(train.length);
    expect(Math.max(...[...train, ...heldOut].map(normOf))).toBeLessThan(30);
  });

  test('keeps them without it, and where the multiple is above them', async () => {
    for (const multiple of [undefined, 100]) {
      const source = await openSpiked(multiple);
      expect(source.outlierRows).toBe(0);
      expect(source.rows).toBe(14 * 60);
      const rows = await rowsOf(source.epoch(1n, 0));
      expect(rows.filter((row) => normOf(row) > 50)).toHaveLength(14 * 2);
    }
  });
});

describe('openSetSource', () => {
  test('holds out the same rows however it shuffles', async () => {
    const [memory, mixed] = [await open(0), await open(200)];
    expect(sorted(await rowsOf(mixed.heldOut()))).toEqual(sorted(await rowsOf(memory.heldOut())));
  });

  test('mixes rows of different shards', async () => {
    const source = await open(400, 0);
    const rows = await rowsOf(source.epoch(3n, 0));
    const inOrder = await rowsOf((await open(400, 0)).epoch(3n, 0));
    expect(rows).toEqual(inOrder);
    const sets = await openTrainingSets(store, ['one']);
    const shard = await sets.sets[0].readShard(0);
    const ofShard = new Set(await rowsOf(single(shard.activations)));
    const places = rows.flatMap((row, place) => (ofShard.has(row) ? [place] : []));
    expect(places.at(-1)! - places[0]).toBeGreaterThan(places.length * 1.2);
  });

  test('refuses to hold out of a single document', async () => {
    await writeSparseSet(store, 'single', { rows: 60, shards: 1 });
    const sets = await openTrainingSets(store, ['single']);
    const options = { bufferRows: 0, signal: new AbortController().signal };
    await expect(openSetSource(sets, { ...options, heldOutFraction: 0.1 })).rejects.toMatchObject({
      reason: 'TOO_FEW_DOCUMENTS',
    });
    expect((await openSetSource(sets, { ...options, heldOutFraction: 0 })).rows).toBe(56);
  });
});

async function* single(rows: Float32Array): AsyncGenerator<Float32Array> {
  yield rows;
}
