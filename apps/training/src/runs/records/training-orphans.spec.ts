import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, type Orphan, openFileStore, writeJson } from '@facet/objects';
import { findTrainingOrphans } from './training-orphans.ts';

const HOUR_MS = 3_600_000;
const ATTEMPTS = [
  '1700000000000-11111111-1111-4111-8111-111111111111',
  '1700000000001-22222222-2222-4222-8222-222222222222',
];

describe('findTrainingOrphans', () => {
  let directory: string;
  let store: ObjectStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facet-orphans-'));
    store = openFileStore({ directory });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function found(olderThanMs: number): Promise<Orphan[]> {
    const orphans: Orphan[] = [];
    for await (const orphan of findTrainingOrphans(store)(olderThanMs)) orphans.push(orphan);
    return orphans;
  }

  const writeRun = async (id: string, documents: readonly string[]) => {
    for (const name of documents) await writeJson(store, `trainingRuns/${id}/${name}`, {});
    await store.write(
      `trainingRuns/${id}/checkpoints/000000000100/state.safetensors`,
      Buffer.from('1234567'),
    );
  };

  test('finds checkpoints of ended runs, files of deleted runs and of unpublished SAEs, and nothing that lives', async () => {
    await writeRun('trains', ['run.json']);
    await writeRun('ended', ['run.json', 'outcome.json']);
    await writeRun('deleted', []);
    for (const attempt of ATTEMPTS)
      await store.write(`saes/published/attempts/${attempt}/cfg.json`, Buffer.from('ab'));
    await writeJson(store, 'saes/published/manifest.json', { folder: `attempts/${ATTEMPTS[0]}` });
    await store.write(`saes/unpublished/attempts/${ATTEMPTS[0]}/cfg.json`, Buffer.from('abc'));
    expect(await found(HOUR_MS)).toEqual([]);
    const orphans = await found(0);
    expect(orphans.map(({ place, bytes }) => `${place} ${bytes}`).toSorted()).toEqual([
      `saes/published/attempts/${ATTEMPTS[1]} 2`,
      'saes/unpublished 3',
      'trainingRuns/deleted 7',
      'trainingRuns/ended/checkpoints 7',
    ]);
    for (const orphan of orphans) await orphan.remove();
    expect(await found(0)).toEqual([]);
    const left: string[] = [];
    for await (const { key } of store.list('')) left.push(key);
    expect(left).toEqual([
      `saes/published/attempts/${ATTEMPTS[0]}/cfg.json`,
      'saes/published/manifest.json',
      'trainingRuns/ended/outcome.json',
      'trainingRuns/ended/run.json',
      'trainingRuns/trains/checkpoints/000000000100/state.safetensors',
      'trainingRuns/trains/run.json',
    ]);
  });
});
