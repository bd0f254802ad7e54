import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ObjectStore, openObjectStore, verifyManifest } from '@facet/objects';
import { decodeF16, encodeFloats, type FloatDType } from '@facet/tensor';
import { type ActivationSetBody, finishActivationSet, openActivationSet } from './activation-set.ts';
import { type StoredRows, type WrittenShard, writeActivationShard } from './activation-shard.ts';

const D_IN = 3;
const lineage = {
  modelId: 'm',
  modelSha256: 'aa',
  tokenizerSha256: 'bb',
  hookPoint: 'blocks.0.hook_resid_post',
};

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-artifacts-'));
  store = openObjectStore(pathToFileURL(directory).href);
});
afterEach(() => rm(directory, { recursive: true }));

const valueAt = (row: number, column: number) => row * 10 + column + 0.1;

/** Rows `first` to `first + count` of a set in which everything follows from the row's index. */
function makeRows(first: number, count: number, dtype: FloatDType): StoredRows {
  const indices = Array.from({ length: count }, (_, i) => first + i);
  const values = Float32Array.from(indices.flatMap((row) => [0, 1, 2].map((column) => valueAt(row, column))));
  return {
    dtype,
    dIn: D_IN,
    activations: encodeFloats(values, dtype),
    tokenIds: Int32Array.from(indices, (row) => row + 100),
    documents: Int32Array.from(indices, (row) => Math.floor(row / 2)),
    positions: Int32Array.from(indices, (row) => row % 2),
    special: Uint8Array.from(indices, (row) => (row % 2 === 0 ? 1 : 0)),
  };
}

async function writeSet(dtype: FloatDType, sizes = [5, 3], change: Partial<ActivationSetBody> = {}) {
  const shards: WrittenShard[] = [];
  let first = 0;
  for (const [partition, count] of sizes.entries()) {
    shards.push(await writeActivationShard(store, 'a', { partition, rows: makeRows(first, count, dtype) }));
    first += count;
  }
  const body: ActivationSetBody = {
    hookPoint: lineage.hookPoint,
    dIn: D_IN,
    dtype,
    contextTokens: 2,
    rows: first,
    documents: Math.ceil(first / 2),
    bosTokenId: 0,
    specialRows: Math.ceil(first / 2),
    shards: shards.map(({ file, rows }) => ({ file, rows })),
    corpus: { uri: '/corpus.txt', format: 'TEXT', documentSeparator: '---' },
    meanNorm: 1,
    ...change,
  };
  const files = Object.fromEntries(shards.map(({ file, bytes, sha256 }) => [file, { bytes, sha256 }]));
  return finishActivationSet(store, 'a', { createTime: '2026-01-02T03:04:05.000Z', lineage, body, files });
}

describe.each(['F16', 'F32'] as const)('an activation set of %s', (dtype) => {
  test('gives back every shard and the manifest', async () => {
    const { sha256 } = await writeSet(dtype);
    const set = await openActivationSet(store, 'a');
    expect(set.sha256).toBe(sha256);
    expect(set.manifest.body).toMatchObject({ rows: 8, dtype, bosTokenId: 0 });
    const shard = await set.readShard(1);
    const expected = makeRows(5, 3, dtype);
    const { tokenIds, documents, positions, special } = expected;
    expect(shard).toMatchObject({ rows: 3, dIn: D_IN, tokenIds, documents, positions, special });
    const tolerance = dtype === 'F32' ? 1e-5 : 0.05;
    for (let i = 0; i < 9; i++)
      expect(Math.abs(shard.activations[i]! - valueAt(5 + Math.floor(i / 3), i % 3))).toBeLessThan(tolerance);
    await verifyManifest(store, 'activationSets/a');
  });

  test('reads any range of rows as it reads the whole shard', async () => {
    await writeSet(dtype, [7]);
    const set = await openActivationSet(store, 'a');
    const whole = await set.readShard(0);
    for (let start = 0; start <= 7; start++)
      for (let count = 0; start + count <= 7; count++) {
        const part = await set.readRows(0, start, count);
        expect(part.activations).toEqual(whole.activations.slice(start * D_IN, (start + count) * D_IN));
        expect(part.tokenIds).toEqual(whole.tokenIds.slice(start, start + count));
        expect(part.special).toEqual(Uint8Array.from(whole.special.slice(start, start + count)));
      }
    const stored = await set.readStoredRows(0, 2, 2);
    const codes = new Uint8Array(stored.activations);
    const numbers =
      dtype === 'F32' ? new Float32Array(codes.buffer) : decodeF16(new Uint16Array(codes.buffer));
    expect(numbers).toEqual(whole.activations.slice(2 * D_IN, 4 * D_IN));
  });
});

describe('writeActivationShard', () => {
  test('keeps what another worker has written of the same tokens, and tells what the file holds', async () => {
    const first = makeRows(0, 4, 'F32');
    const second = { ...first, activations: Uint8Array.from(first.activations, (byte) => byte ^ 1) };
    const written = await writeActivationShard(store, 'a', { partition: 0, rows: first });
    const { stored, ...again } = await writeActivationShard(store, 'a', { partition: 0, rows: second });
    expect(again).toEqual({ file: written.file, rows: 4, bytes: written.bytes, sha256: written.sha256 });
    expect(Buffer.from(stored.activations)).toEqual(Buffer.from(first.activations));
  });

  test('refuses the shard of a partition that holds other tokens', async () => {
    await writeActivationShard(store, 'a', { partition: 0, rows: makeRows(0, 4, 'F32') });
    await expect(
      writeActivationShard(store, 'a', { partition: 0, rows: makeRows(1, 4, 'F32') }),
    ).rejects.toMatchObject({ kind: 'precondition', reason: 'CORPUS_CHANGED' });
  });
});

describe('openActivationSet', () => {
  test('tells that a set without a manifest does not exist', async () => {
    await writeActivationShard(store, 'a', { partition: 0, rows: makeRows(0, 2, 'F32') });
    await expect(openActivationSet(store, 'a')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('names rows and shards that a set does not have', async () => {
    await writeSet('F32');
    const set = await openActivationSet(store, 'a');
    await expect(set.readShard(2)).rejects.toThrow('activationSets/a has no shard 2; it has 2');
    await expect(set.readRows(1, 2, 2)).rejects.toThrow(
      'rows 2 to 4 lie outside activationSets/a/shards/00001',
    );
    await expect(set.readRows(1, -1, 2)).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('names a shard that was changed, cut or replaced by another', async () => {
    await writeSet('F32', [4, 4]);
    const set = await openActivationSet(store, 'a');
    const key = 'activationSets/a/shards/00000.safetensors';
    const bytes = await store.read(key);
    const damagedError = { kind: 'data-loss', message: expect.stringContaining(key) };
    bytes[bytes.length - 1]! ^= 1;
    await store.write(key, bytes);
    await expect(set.readShard(0)).rejects.toMatchObject(damagedError);
    await store.write(key, bytes.subarray(0, -1));
    await expect(set.readRows(0, 3, 1)).rejects.toMatchObject(damagedError);
    await writeActivationShard(store, 'b', { partition: 0, rows: makeRows(0, 3, 'F32') });
    await store.write(key, await store.read('activationSets/b/shards/00000.safetensors'));
    await expect(set.readRows(0, 0, 1)).rejects.toMatchObject(damagedError);
  });
});

describe('finishActivationSet', () => {
  test('lets one finisher win', async () => {
    await writeSet('F32');
    await expect(writeSet('F32')).rejects.toMatchObject({ kind: 'exists' });
  });

  test('refuses a body whose rows its shards do not have', async () => {
    await expect(writeSet('F32', [4], { rows: 5 })).rejects.toThrow('says 5 rows but its shards have 4');
  });
});
