import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JOB_TAKEN_OVER } from '@facet/events';
import { type ObjectStore, openObjectStore, writeManifest } from '@facet/objects';
import { startRacers } from '@facet/objects/testing';
import type { CheckpointTask } from '../../testing/racing-checkpoints.ts';
import { runRecord, STATE_LENGTH } from '../../testing/trained-sae.ts';
import { createRunStore, type RunStore } from './run-store.ts';
import type { RunMetrics } from './training-metrics.ts';

const RACER = new URL('../../testing/racing-checkpoints.ts', import.meta.url).pathname;
const ROUNDS = 50;

let folder: string;
let store: ObjectStore;
let runs: RunStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-run-races-'));
  store = openObjectStore(pathToFileURL(folder).href);
  runs = createRunStore(store);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const turn = { worker: 'w', step: 0, attempt: 1 };
const lineage = { modelId: 'm', modelSha256: 'aa', tokenizerSha256: 'bb' };
const nothing = async () => {};
/** Curves with a point at each of these steps. */
const curves = (...steps: number[]): RunMetrics => ({
  points: [],
  heldOutPoints: steps.map((step) => ({
    step,
    heldOutTokens: step,
    l0: 1,
    fvu: 1,
    meanCosine: null,
    meanNormRatio: null,
  })),
});

describe('a worker and the one that took over from it', () => {
  test('keep checkpoints of the same steps: the newest is always whole, and of one of them', async () => {
    const record = runRecord('steps', 's');
    await runs.create(record);
    const checkpoints = runs.checkpoints(record);
    const racers = startRacers(RACER);
    const array = new Float32Array(STATE_LENGTH);
    for (let step = 1; step <= ROUNDS; step++) {
      const save = (i: number) => {
        const task: CheckpointTask = { url: store.url, run: record.id, step, value: step + i / 2 };
        return racers[i]!.run<string>(task);
      };
      const answers = await Promise.all([save(0), save(1)]);
      expect(answers).toContain('ok');
      for (const answer of answers) expect(['ok', JOB_TAKEN_OVER]).toContain(answer);
      const newest = (await checkpoints.newest())!;
      expect(newest.step).toBe(step);
      await newest.restore(new Map([['W', array]]));
      expect([step, step + 0.5]).toContain(array[0]);
      expect(array.every((value) => value === array[0])).toBe(true);
    }
    await Promise.all(racers.map((racer) => racer.end()));
    await checkpoints.deleteAll();
    for await (const { key } of store.list('trainingRuns/steps')) expect(key).not.toContain('checkpoints');
  }, 300_000);
});

test('curves of a worker that was taken over do not replace those of its successor', async () => {
  const record = runRecord('curves', 's');
  await runs.create(record);
  await runs.writeMetrics(record, { metrics: curves(1), member: 0, epoch: 1 });
  await runs.writeMetrics(record, { metrics: curves(1, 2), member: 0, epoch: 2 });
  await runs.writeMetrics(record, { metrics: curves(1), member: 0, epoch: 1 });
  expect(await runs.metrics('curves')).toEqual(curves(1, 2));
  await runs.writeMetrics(record, { metrics: curves(1, 2, 3), member: 0, epoch: 2 });
  expect(await runs.metrics('curves')).toEqual(curves(1, 2, 3));
});

describe('a worker of a run that was deleted', () => {
  test('neither holds, ends, claims nor overwrites the run that has its id now', async () => {
    const before = runRecord('again', 's');
    await runs.create(before);
    const stale = await runs.takeLease('again', turn);
    await stale.requireHeld();
    expect(await runs.delete(before)).toBe(true);
    expect(await runs.delete(before)).toBe(false);
    await expect(stale.requireHeld()).rejects.toMatchObject({ kind: 'cancelled' });
    const now = runRecord('again', 's');
    await runs.create(now);
    const lease = await runs.takeLease('again', turn);
    await lease.requireHeld();
    await expect(stale.requireHeld()).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await runs.isCancelled(before)).toBe(true);
    expect(await runs.isCancelled(now)).toBe(false);

    const time = '2026-01-01T00:00:00.000Z';
    await runs.end('again', { uid: before.uid, state: 'FAILED', time });
    await runs.claim('again', { uid: before.uid, by: 'cancel' });
    const arrays = new Map([['W', Float32Array.of(1)]]);
    await runs.checkpoints(before).save({ step: 9, identity: 'i', arrays }, lineage, nothing);
    expect(await runs.read('again')).toMatchObject({ outcome: undefined, checkpoint: undefined });
    await runs.checkpoints(now).save({ step: 3, identity: 'i', arrays }, lineage, nothing);
    await runs.checkpoints(before).deleteAll();
    expect((await runs.read('again')).checkpoint?.step).toBe(3);
    await runs.writeMetrics(before, { metrics: curves(7), member: 0, epoch: 9 });
    expect(await runs.metrics('again')).toEqual(curves());
    const ended = { uid: now.uid, state: 'CANCELLED', time } as const;
    expect(await runs.end('again', ended)).toEqual(ended);
  });

  test('that wrote in the last moment is not taken for the run that has its id now', async () => {
    const now = runRecord('moment', 's');
    await runs.create(now);
    const time = '2026-01-01T00:00:00.000Z';
    // As if the worker had slept between its last look and its writing.
    for (const file of ['outcome.json', 'claim.json'])
      await store.write(
        `trainingRuns/moment/${file}`,
        Buffer.from(JSON.stringify({ uid: 'before', state: 'FAILED', by: 'cancel', time })),
      );
    expect(await runs.read('moment')).toMatchObject({ outcome: undefined });
    expect(await runs.hasEnded('moment')).toBe(false);
    expect(await runs.isCancelled(now)).toBe(false);
    const claim = { uid: now.uid, by: 'publish' } as const;
    expect(await runs.claim('moment', claim)).toEqual(claim);
    const outcome = { uid: now.uid, state: 'CANCELLED', time } as const;
    expect(await runs.end('moment', outcome)).toEqual(outcome);
    expect(await runs.end('moment', { ...outcome, state: 'FAILED' })).toEqual(outcome);
    expect((await runs.read('moment')).outcome).toEqual(outcome);
  });
});

test('of several deletions and a new run of the id at once, one deletion succeeds and the new run stays whole', async () => {
  const time = '2026-01-01T00:00:00.000Z';
  for (let round = 0; round < ROUNDS; round++) {
    const before = runRecord('same', 's');
    await runs.create(before);
    await runs.markStarted('same', { uid: before.uid, time });
    await runs.takeLease('same', turn);
    await runs.end('same', { uid: before.uid, state: 'CANCELLED', time });
    const now = runRecord('same', 's');
    const create = async (): Promise<void> => {
      await runs.create(now).catch(({ kind }) => (kind === 'exists' ? create() : Promise.reject(kind)));
      await runs.end('same', { uid: now.uid, state: 'FAILED', time });
    };
    const [first, second] = await Promise.all([runs.delete(before), runs.delete(before), create()]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
    expect(await runs.read('same')).toMatchObject({
      record: now,
      outcome: { uid: now.uid, state: 'FAILED' },
    });
    expect(await runs.delete(now)).toBe(true);
    await expect(runs.read('same')).rejects.toMatchObject({ kind: 'not-found' });
  }
}, 300_000);

describe('a checkpoint of the layout before', () => {
  test('is gone on from, and removed with the run', async () => {
    const record = runRecord('old', 's');
    await runs.create(record);
    const checkpoints = runs.checkpoints(record);
    const arrays = new Map([['W', Float32Array.of(1, 2, 3)]]);
    await checkpoints.save({ step: 5, identity: 'i', arrays }, lineage, nothing);
    const own = `trainingRuns/old/checkpoints/${record.uid}/000000000005`;
    const { folder: attempt, ...manifest } = JSON.parse(
      Buffer.from(await store.read(`${own}/manifest.json`)).toString(),
    );
    const place = 'trainingRuns/old/checkpoints/000000000005';
    const state = await store.read(`${own}/${attempt}/state.safetensors`);
    await store.write(`${place}/state.safetensors`, state);
    await writeManifest(store, place, { ...manifest, formatVersion: 1 });
    await store.deletePrefix(`trainingRuns/old/checkpoints/${record.uid}`);
    const newest = (await checkpoints.newest())!;
    const restored = new Map([['W', new Float32Array(3)]]);
    await newest.restore(restored);
    expect([newest.step, restored.get('W')]).toEqual([5, Float32Array.of(1, 2, 3)]);
    await checkpoints.deleteAll();
    expect(await checkpoints.summary()).toBeUndefined();
  });
});
