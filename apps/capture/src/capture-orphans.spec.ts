import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, type Orphan, openFileStore, writeJson } from '@facet/objects';
import { findCaptureOrphans } from './capture-orphans.ts';

const HOUR_MS = 3_600_000;

describe('findCaptureOrphans', () => {
  let directory: string;
  let store: ObjectStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facet-orphans-'));
    store = openFileStore({ directory });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function found(olderThanMs: number): Promise<Orphan[]> {
    const orphans: Orphan[] = [];
    for await (const orphan of findCaptureOrphans(store)(olderThanMs)) orphans.push(orphan);
    return orphans;
  }

  async function writeSet(id: string, { record = true, state }: { record?: boolean; state?: string } = {}) {
    const prefix = `activationSets/${id}`;
    if (record) await writeJson(store, `${prefix}/set.json`, {});
    if (state) await writeJson(store, `${prefix}/outcome.json`, { uid: 'u', state, time: '' });
    for (const name of ['inputs/00000.safetensors', 'planning/00001.json', 'shards/00000.safetensors'])
      await store.write(`${prefix}/${name}`, Buffer.from('12345'));
  }

  test('finds the files of sets that ended without a result or were deleted, and nothing that lives', async () => {
    await writeSet('capturing');
    await writeSet('active', { state: 'ACTIVE' });
    await writeSet('failed', { state: 'FAILED' });
    await writeSet('cancelled', { state: 'CANCELLED' });
    await writeSet('deleted', { record: false });
    expect(await found(HOUR_MS)).toEqual([]);
    const orphans = await found(0);
    expect(orphans.map(({ place, count, bytes }) => `${place} ${count} ${bytes}`).toSorted()).toEqual([
      'activationSets/cancelled/inputs 1 5',
      'activationSets/cancelled/planning 1 5',
      'activationSets/cancelled/shards 1 5',
      'activationSets/deleted 3 15',
      'activationSets/failed/inputs 1 5',
      'activationSets/failed/planning 1 5',
      'activationSets/failed/shards 1 5',
    ]);
    for (const orphan of orphans) await orphan.remove();
    expect(await found(0)).toEqual([]);
    const left: string[] = [];
    for await (const { key } of store.list('activationSets')) left.push(key.slice('activationSets/'.length));
    expect(left.filter((key) => !/^(active|capturing)/.test(key))).toEqual([
      'cancelled/outcome.json',
      'cancelled/set.json',
      'failed/outcome.json',
      'failed/set.json',
    ]);
    expect(left.filter((key) => /^(active|capturing)/.test(key))).toHaveLength(4 + 5);
  });
});
