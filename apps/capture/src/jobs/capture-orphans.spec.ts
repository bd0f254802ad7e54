import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, type Orphan, openFileStore, writeJson } from '@facet/objects';
import type { SetRecord } from '../sets/set-record.ts';
import { createSetStore } from '../sets/set-store.ts';
import { recordOf } from '../testing/set-record-of.ts';
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

  interface Wanted {
    record?: boolean;
    state?: string;
    formatVersion?: SetRecord['formatVersion'];
  }

  /** Returns where its facts and data lie. */
  async function writeSet(id: string, { record = true, state, formatVersion = 2 }: Wanted = {}) {
    const written = recordOf(id, formatVersion);
    const { folder } = createSetStore(store).capture(written);
    const own = folder === undefined ? `activationSets/${id}` : `activationSets/${id}/${folder}`;
    if (record) await writeJson(store, `activationSets/${id}/set.json`, written);
    if (state) await writeJson(store, `${own}/outcome.json`, { uid: written.uid, state, time: '' });
    for (const name of ['inputs/00000.safetensors', 'planning/00001.json', 'shards/00000.safetensors'])
      await store.write(`${own}/${name}`, Buffer.from('12345'));
    return own;
  }

  test('finds the files of sets that ended without a result or were deleted, and nothing that lives', async () => {
    const living = [await writeSet('capturing'), await writeSet('active', { state: 'ACTIVE' })];
    const ended = [
      await writeSet('failed', { state: 'FAILED' }),
      await writeSet('cancelled', { state: 'CANCELLED' }),
      await writeSet('before', { state: 'CANCELLED', formatVersion: 1 }),
    ];
    await writeSet('deleted', { record: false });
    const replaced = await writeSet('again', { record: false });
    living.push(await writeSet('again'));
    expect(await found(HOUR_MS)).toEqual([]);
    const orphans = await found(0);
    const data = ended.flatMap((own) => ['inputs', 'planning', 'shards'].map((name) => `${own}/${name} 1 5`));
    expect(orphans.map(({ place, count, bytes }) => `${place} ${count} ${bytes}`).toSorted()).toEqual(
      [...data, 'activationSets/deleted 3 15', `${replaced} 3 15`].toSorted(),
    );
    for (const orphan of orphans) await orphan.remove();
    expect(await found(0)).toEqual([]);
    const left: string[] = [];
    for await (const { key } of store.list('activationSets')) left.push(key);
    for (const own of ended)
      expect(left.filter((key) => key.startsWith(`${own}/`))).toContain(`${own}/outcome.json`);
    const kept = left.filter((key) => living.some((own) => key.startsWith(`${own}/`)));
    expect(kept).toHaveLength(3 + 4 + 3);
    expect(left).toHaveLength(kept.length + ended.length + 6);
  });
});
