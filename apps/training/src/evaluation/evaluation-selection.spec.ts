import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ActivationSet,
  finishActivationSet,
  openActivationSet,
  writeActivationShard,
} from '@facet/artifacts';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { readBatches } from './evaluation-batches.ts';
import { type SelectionRule, selectContexts } from './evaluation-selection.ts';

/** One row: its position, its document, and whether it is special. Its vector is its number in the set. */
type Row = readonly [position: number, document: number, special: 0 | 1];

/** Contexts of 4, 3 and 3 rows; documents run over their ends. */
const SHARDS: Row[][] = [
  [
    [0, 0, 1],
    [1, 0, 0],
    [2, 0, 0],
    [3, 1, 0],
    [0, 1, 1],
    [1, 1, 0],
    [2, 2, 1],
  ],
  [
    [0, 2, 1],
    [1, 2, 0],
    [2, 2, 0],
  ],
];

let folder: string;
let store: ObjectStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-selection-'));
  store = openObjectStore(pathToFileURL(folder).href);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeSet(id: string, shards: readonly Row[][]): Promise<ActivationSet> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const written: { file: string; rows: number }[] = [];
  let first = 0;
  for (const [partition, rows] of shards.entries()) {
    const numbers = Float32Array.from(rows, (_, r) => first + r);
    const { file, bytes, sha256 } = await writeActivationShard(store, id, {
      partition,
      rows: {
        dtype: 'F32',
        dIn: 1,
        activations: new Uint8Array(numbers.buffer),
        tokenIds: Int32Array.from(numbers, (number) => 100 + number),
        positions: Int32Array.from(rows, ([position]) => position),
        documents: Int32Array.from(rows, ([, document]) => document),
        special: Uint8Array.from(rows, ([, , special]) => special),
      },
    });
    files[file] = { bytes, sha256 };
    written.push({ file, rows: rows.length });
    first += rows.length;
  }
  await finishActivationSet(store, id, {
    createTime: '2026-01-01T00:00:00.000Z',
    lineage: { modelId: 'm', modelSha256: '', tokenizerSha256: '' },
    files,
    body: {
      hookPoint: 'blocks.0.hook_resid_post',
      dIn: 1,
      dtype: 'F32',
      contextTokens: 4,
      rows: first,
      documents: 3,
      bosTokenId: 1,
      specialRows: shards.flat().filter(([, , special]) => special === 1).length,
      shards: written,
      corpus: { uri: 'file:///corpus.txt', format: 'TEXT' },
    },
  });
  return openActivationSet(store, id);
}

const select = (set: ActivationSet, rule: SelectionRule, maxTokens = 100) =>
  selectContexts(set, rule, { maxTokens, signal: new AbortController().signal, onRead: () => undefined });

describe('selectContexts', () => {
  let set: ActivationSet;
  beforeAll(async () => {
    set = await writeSet('three-contexts', SHARDS);
  });

  /** Numbers of the rows that count. */
  const countedOf = async (rule: SelectionRule, maxTokens?: number) => {
    const { contexts, tokens, mean } = await select(set, rule, maxTokens);
    const firsts = [0, 7];
    const rows = contexts.flatMap(({ shard, start, counted }) =>
      [...counted].flatMap((flag, t) => (flag === 1 ? [firsts[shard]! + start + t] : [])),
    );
    expect(tokens).toBe(rows.length);
    expect(mean[0]).toBeCloseTo(rows.reduce((a, b) => a + b) / rows.length, 6);
    return rows;
  };

  test('counts every ordinary row where all fit', async () => {
    expect(await countedOf({ kind: 'first-contexts' })).toEqual([1, 2, 3, 5, 8, 9]);
    expect(await countedOf({ kind: 'last-contexts' })).toEqual([1, 2, 3, 5, 8, 9]);
  });

  test('counts exactly as many rows as asked for, from the start or from the end', async () => {
    expect(await countedOf({ kind: 'first-contexts' }, 4)).toEqual([1, 2, 3, 5]);
    expect(await countedOf({ kind: 'first-contexts' }, 2)).toEqual([1, 2]);
    expect(await countedOf({ kind: 'last-contexts' }, 3)).toEqual([5, 8, 9]);
    expect(await countedOf({ kind: 'last-contexts' }, 1)).toEqual([8]);
  });

  test('counts only rows of the documents named, in contexts that are kept whole', async () => {
    const rule: SelectionRule = { kind: 'held-out-documents', documents: new Set([1]) };
    expect(await countedOf(rule)).toEqual([3, 5]);
    const { contexts } = await select(set, rule);
    expect(contexts.map(({ start, length }) => [start, length])).toEqual([
      [0, 4],
      [4, 3],
    ]);
  });

  test('refuses a set that has nothing to measure, and one whose contexts are cut', async () => {
    const rule: SelectionRule = { kind: 'held-out-documents', documents: new Set([9]) };
    await expect(select(set, rule)).rejects.toMatchObject({ reason: 'ACTIVATION_SET_EMPTY' });
    const cut = await writeSet('cut', [SHARDS[0]!.slice(0, 2), SHARDS[0]!.slice(2)]);
    await expect(select(cut, { kind: 'first-contexts' })).rejects.toMatchObject({
      reason: 'CONTEXTS_NOT_WHOLE',
      message: expect.stringContaining('a row at position 2'),
    });
  });

  test('reads the chosen contexts in batches with their ordinary rows', async () => {
    const { contexts } = await select(set, { kind: 'first-contexts' });
    const read = async (limits: { tokens: number; contexts: number }) => {
      const signal = new AbortController().signal;
      const batches = [];
      for await (const batch of readBatches(set, contexts, { limits, signal })) batches.push(batch);
      return batches;
    };
    const [first, second, ...others] = await read({ tokens: 100, contexts: 100 });
    expect(others).toEqual([]);
    expect(first).toEqual({
      lengths: [4, 3],
      tokenIds: Int32Array.of(100, 101, 102, 103, 104, 105, 106),
      ordinary: Uint8Array.of(0, 1, 1, 1, 0, 1, 0),
      counted: Uint8Array.of(0, 1, 1, 1, 0, 1, 0),
      x: Float32Array.of(1, 2, 3, 5),
      places: Uint32Array.of(1, 2, 3, 5),
      specialRows: Float32Array.of(0, 0, 0, 0, 4, 0, 6),
    });
    expect(second!.tokenIds).toEqual(Int32Array.of(107, 108, 109));
    expect((await read({ tokens: 6, contexts: 100 })).map(({ lengths }) => lengths)).toEqual([[4], [3], [3]]);
    expect((await read({ tokens: 1, contexts: 100 })).map(({ lengths }) => lengths)).toEqual([[4], [3], [3]]);
    expect((await read({ tokens: 100, contexts: 1 })).map(({ lengths }) => lengths)).toEqual([[4], [3], [3]]);
  });
});
