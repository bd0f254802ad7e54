import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, openFileStore } from '@facet/objects';
import { createIndexTurns } from './index-turns.ts';
import type { RunRecord } from './run-record.ts';
import { createRunStore } from './run-store.ts';

const CLAIMS = 8;

describe('createIndexTurns', () => {
  let directory: string;
  let store: ObjectStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'facet-turns-'));
    store = openFileStore({ directory });
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const turns = () => createIndexTurns(openFileStore({ directory }), createRunStore(store));

  async function create(id: string, sae = 'a'): Promise<RunRecord> {
    const lineage = { modelId: 'm', modelSha256: '', tokenizerSha256: '' };
    const common = { formatVersion: 1 as const, requestId: '', createTime: '', maxTokens: 0, lineage };
    const record = { ...common, id, uid: randomUUID(), sae, activationSet: 's' };
    await createRunStore(store).create(record);
    return record;
  }

  async function end({ id, uid }: RunRecord): Promise<void> {
    await createRunStore(store).decide(id, { uid, state: 'CANCELLED', time: '' });
    await createRunStore(store).markSettled(id);
  }

  test('gives the turn to exactly one of many runs at once, and names it to the others', async () => {
    for (let round = 0; round < 10; round++) {
      const records = await Promise.all(
        Array.from({ length: CLAIMS }, (_, i) => create(`r-${round}-${i}`, `sae-${round}`)),
      );
      const claims = await Promise.allSettled(records.map((record) => turns().claim(record)));
      const winners = records.filter((_, i) => claims[i]!.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const claim of claims)
        if (claim.status === 'rejected')
          expect(claim.reason).toMatchObject({
            kind: 'aborted',
            reason: 'INDEXING_UNDER_WAY',
            message: expect.stringContaining(`indexingRuns/${winners[0]!.id}`),
          });
    }
  });

  test('gives it on when the run has ended, was deleted or was replaced by another of its id', async () => {
    const first = await create('first');
    await turns().claim(first);
    await turns().claim(first);
    const second = await create('second');
    await expect(turns().claim(second)).rejects.toMatchObject({ kind: 'aborted' });
    await end(first);
    await turns().claim(second);
    await createRunStore(store).delete(second);
    const third = await create('third');
    await turns().claim(third);
    await createRunStore(store).delete(third);
    await create('third');
    await turns().claim(await create('fourth'));
    await turns().claim(await create('other', 'b'));
  });

  test('lets the later of two workers of a run go on, and tells the earlier one', async () => {
    const record = await create('run');
    const before = await turns().take(record);
    await before.begin(1);
    await before.requireHeld();
    expect(await turns().living('a')).toBe(1);
    const after = await turns().take(record);
    const takenOver = { kind: 'aborted', reason: 'JOB_TAKEN_OVER' };
    await expect(before.requireHeld()).rejects.toMatchObject(takenOver);
    await expect(before.begin(2)).rejects.toMatchObject(takenOver);
    expect(await turns().living('a')).toBeUndefined();
    await after.begin(3);
    await after.requireHeld();
    expect(await turns().living('a')).toBe(3);
    await end(record);
    expect(await turns().living('a')).toBeUndefined();
    expect([await turns().knows('a'), await turns().knows('b')]).toEqual([true, false]);
  });
});
