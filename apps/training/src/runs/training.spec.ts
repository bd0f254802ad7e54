import { openSaeArtifact } from '@facet/artifacts';
import {
  SaePublished,
  type TrainingRun,
  TrainingRunEnded,
  TrainingRunState,
  type TrainingSpec,
} from '@facet/contracts';
import { encodeReference } from '@facet/sae';
import { D_IN, meanMaxCosine, TRUE_L0, writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy');
  replica = await system.start();
});
afterEach(() => system.stop());

function spec(change: Partial<TrainingSpec> = {}): Partial<TrainingSpec> {
  return {
    activationSets: ['activationSets/toy'],
    dSae: 48,
    recipe: { $case: 'topk', value: { k: TRUE_L0, auxkAlpha: undefined, kAux: undefined } },
    tokens: 256n * 600n,
    batchTokens: 256,
    learningRate: 3e-3,
    deadWindowTokens: 256n * 50n,
    seed: 5n,
    ...change,
  };
}

/** Steps without end in sight, for runs that are stopped. */
const endless = { tokens: 256n * 4_000_000n };

async function watchToEnd({ training }: Replica, name: string): Promise<TrainingRun[]> {
  const seen: TrainingRun[] = [];
  for await (const { trainingRun } of training.watchTrainingRun({ name }))
    seen.push(trainingRun as TrainingRun);
  return seen;
}

async function watchUntilTraining({ training }: Replica, name: string): Promise<TrainingRun> {
  for await (const { trainingRun } of training.watchTrainingRun({ name })) {
    if ((trainingRun?.stepMetrics?.step ?? 0n) > 0n) return trainingRun as TrainingRun;
  }
  throw new Error(`${name} ended before it trained`);
}

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of system.store.list(prefix)) keys.push(key);
  return keys;
}

describe('a training run', () => {
  test('trains, shows how, publishes an SAE that has found the directions, and announces it', async () => {
    const stop = new AbortController();
    const published: SaePublished[] = [];
    const ended: TrainingRunEnded[] = [];
    const saeEvents = system.bus.subscribe('facet.sae.published', { signal: stop.signal });
    const runEvents = system.bus.subscribe('facet.training.run.ended', { signal: stop.signal });
    await Promise.all([saeEvents.ready, runEvents.ready]);
    const { trainingRun: created } = await replica.training.createTrainingRun({
      trainingRunId: 'r',
      spec: spec(),
    });
    expect(created?.state).toBe(TrainingRunState.PENDING);
    expect(created?.spec?.sae).toBe('saes/r');
    expect(created?.memoryPlan?.totalBytes).toBeGreaterThan(8192n * 15n);

    const other = await system.start({ FACET_TRAINING_ROLES: 'api' });
    const [seen, seenByOther] = await Promise.all([
      watchToEnd(replica, 'trainingRuns/r'),
      watchToEnd(other, 'trainingRuns/r'),
    ]);
    for (const runs of [seen, seenByOther]) {
      expect(runs.at(-1)?.state).toBe(TrainingRunState.SUCCEEDED);
      expect(runs.some(({ stepMetrics }) => (stepMetrics?.tokensPerSecond ?? 0) > 0)).toBe(true);
    }
    const { evaluation } = seen.at(-1)!;
    expect(evaluation).toMatchObject({ trainedTokens: 256n * 600n, excludedRows: 512n, engine: 'cpu' });
    expect(evaluation!.fvu).toBeLessThan(0.1);
    expect(evaluation!.heldOutTokens).toBe(6n * 60n);

    const { sae, manifest } = await openSaeArtifact(system.store, 'r');
    expect(meanMaxCosine(sae.W_dec)).toBeGreaterThan(0.95);
    expect(sae.cfg.metadata).toMatchObject({
      hook_name: 'blocks.2.hook_resid_post',
      model_name: 'toy',
      context_size: 16,
      prepend_bos: true,
    });
    expect(manifest.lineage).toMatchObject({
      modelSha256: 'a'.repeat(64),
      activationSetId: 'toy',
      saeId: 'r',
    });
    expect(Object.keys(manifest.files).sort()).toEqual([
      'cfg.json',
      'sae_weights.safetensors',
      'sparsity.safetensors',
    ]);
    for await (const event of saeEvents) {
      published.push(SaePublished.decode(event.payload));
      break;
    }
    for await (const event of runEvents) {
      ended.push(TrainingRunEnded.decode(event.payload));
      break;
    }
    stop.abort();
    expect(published).toMatchObject([{ sae: 'saes/r', trainingRun: 'trainingRuns/r' }]);
    expect(ended).toMatchObject([{ trainingRun: 'trainingRuns/r', state: 'SUCCEEDED' }]);
  });

  test('gives a bit-identical SAE for the same seed', async () => {
    for (const id of ['a', 'b', 'c']) {
      const short = spec({ tokens: 256n * 40n, seed: id === 'c' ? 6n : 5n });
      await replica.training.createTrainingRun({ trainingRunId: id, spec: short });
    }
    const hashes: (string | undefined)[] = [];
    for (const id of ['a', 'b', 'c']) {
      await watchToEnd(replica, `trainingRuns/${id}`);
      hashes.push((await replica.saes.getSae({ name: `saes/${id}` })).sae?.lineage?.saeSha256);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test('leaves nothing behind when it is cancelled in the middle', async () => {
    await replica.training.createTrainingRun({ trainingRunId: 'r', spec: spec(endless) });
    const running = await watchUntilTraining(replica, 'trainingRuns/r');
    expect(running.state).toBe(TrainingRunState.RUNNING);
    expect(running.progress).toMatchObject({ stage: 'training', unit: 'tokens', total: endless.tokens });
    await expect(replica.training.deleteTrainingRun({ name: 'trainingRuns/r' })).rejects.toThrow(
      /cancel it first/,
    );
    const { trainingRun } = await replica.training.cancelTrainingRun({ name: 'trainingRuns/r' });
    expect(trainingRun?.state).toBe(TrainingRunState.CANCELLED);
    const next = spec({ tokens: 256n * 20n });
    await replica.training.createTrainingRun({ trainingRunId: 'next', spec: next });
    expect((await watchToEnd(replica, 'trainingRuns/next')).at(-1)?.state).toBe(TrainingRunState.SUCCEEDED);
    expect((await keysBelow('saes')).every((key) => key.startsWith('saes/next/'))).toBe(true);
    await replica.training.deleteTrainingRun({ name: 'trainingRuns/r' });
    await expect(replica.training.getTrainingRun({ name: 'trainingRuns/r' })).rejects.toThrow(
      /does not exist/,
    );
  });

  test('starts again on another worker when its own is stopped, and publishes once', async () => {
    const second = await system.start({ FACET_TRAINING_ROLES: 'api' });
    await second.training.createTrainingRun({ trainingRunId: 'r', spec: spec({ tokens: 256n * 3000n }) });
    await watchUntilTraining(second, 'trainingRuns/r');
    await replica.stop();
    expect(await keysBelow('saes')).toEqual([]);
    const third = await system.start();
    expect((await watchToEnd(third, 'trainingRuns/r')).at(-1)?.state).toBe(TrainingRunState.SUCCEEDED);
  });

  test('takes its published SAE as it is when the job comes again', async () => {
    await replica.training.createTrainingRun({ trainingRunId: 'r', spec: spec({ tokens: 256n * 40n }) });
    const first = (await watchToEnd(replica, 'trainingRuns/r')).at(-1)!;
    const manifest = await system.store.read('saes/r/manifest.json');
    // As if the worker had died between publishing and recording that.
    await system.store.delete('trainingRuns/r/outcome.json');
    await replica.training.resumeTrainingRun({ name: 'trainingRuns/r' });
    const again = (await watchToEnd(replica, 'trainingRuns/r')).at(-1)!;
    expect(again.evaluation).toEqual(first.evaluation);
    expect(await system.store.read('saes/r/manifest.json')).toEqual(manifest);
  });

  test('counts the outliers that it leaves out', async () => {
    await writeSparseSet(system.store, 'spiked', { rows: 1024, outlierEvery: 32 });
    const dropping = spec({
      activationSets: ['activationSets/spiked'],
      tokens: 256n * 20n,
      maxNormMultiple: 3,
    });
    await replica.training.createTrainingRun({ trainingRunId: 'r', spec: dropping });
    const { evaluation } = (await watchToEnd(replica, 'trainingRuns/r')).at(-1)!;
    // One of 16 documents is held out, of 60 rows that are not BOS; 2 of them are outliers.
    expect(evaluation).toMatchObject({ excludedRows: 64n, outlierRows: 32n, heldOutTokens: 58n });
    const { sae } = await replica.saes.getSae({ name: 'saes/r' });
    expect(sae?.evaluation?.outlierRows).toBe(32n);
  });

  test('fails with the step when it diverges, and publishes nothing', async () => {
    await writeSparseSet(system.store, 'huge', { rows: 1024, scale: 1e16 });
    const huge = spec({ activationSets: ['activationSets/huge'], tokens: 0n });
    await replica.training.createTrainingRun({ trainingRunId: 'r', spec: huge });
    const last = (await watchToEnd(replica, 'trainingRuns/r')).at(-1)!;
    expect(last.state).toBe(TrainingRunState.FAILED);
    expect(last.error?.reason).toBe('TRAINING_DIVERGED');
    expect(last.error?.message).toMatch(/diverged at step 1 of 3: .*lower learning_rate/);
    expect(await keysBelow('saes')).toEqual([]);
  });
});

describe('createTrainingRun', () => {
  test('gives the same run back for the same request id, and refuses the id for another', async () => {
    const request = { trainingRunId: 'r', requestId: 'q1', spec: spec({ tokens: 256n * 20n }) };
    const first = await replica.training.createTrainingRun(request);
    const second = await replica.training.createTrainingRun(request);
    expect(second.trainingRun?.createTime).toEqual(first.trainingRun?.createTime);
    await expect(replica.training.createTrainingRun({ ...request, requestId: 'q2' })).rejects.toMatchObject({
      kind: 'exists',
    });
    await watchToEnd(replica, 'trainingRuns/r');
    const { trainingRuns } = await replica.training.listTrainingRuns({});
    expect(trainingRuns?.map((run) => run.name)).toEqual(['trainingRuns/r']);
  });

  test.each([
    [
      { activationSets: ['activationSets/none'] },
      'not-found',
      /activationSets\/none does not exist or is not complete/,
    ],
    [{ activationSets: [] }, 'invalid', /activation_sets has 0 names/],
    [{ activationSets: ['toy'] }, 'invalid', /not the name of one of activationSets/],
    [{ dSae: 2 }, 'invalid', /topk.k is 3; it must be an integer from 1 to 2/],
    [{ learningRate: Number.NaN }, 'invalid', /learning_rate: NaN is not a finite number/],
    [{ learningRate: Number.POSITIVE_INFINITY }, 'invalid', /learning_rate: Infinity is not a finite number/],
    [{ batchTokens: 60_000 }, 'invalid', /batch_tokens 60000 is more than the 7680 rows/],
    [{ heldOutFraction: 0.9 }, 'invalid', /held_out_fraction is 0.9/],
    [{ recipe: undefined }, 'invalid', /recipe is missing/],
    [{ engine: 'cuda' }, 'invalid', /no training engine "cuda"; use cpu, tfjs/],
  ])('refuses %p', async (change, kind, message) => {
    const request = { trainingRunId: 'r', spec: spec(change as Partial<TrainingSpec>) };
    const creating = replica.training.createTrainingRun(request);
    await expect(creating).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    expect(await keysBelow('trainingRuns')).toEqual([]);
  });

  test('refuses sets of different models, and a set of nothing but BOS', async () => {
    await writeSparseSet(system.store, 'other', { rows: 256, lineage: { modelSha256: 'c'.repeat(64) } });
    await writeSparseSet(system.store, 'bos', { rows: 256, onlyBos: true });
    const mixed = spec({ activationSets: ['activationSets/toy', 'activationSets/other'] });
    await expect(replica.training.createTrainingRun({ spec: mixed })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
    });
    const empty = spec({ activationSets: ['activationSets/bos'] });
    await expect(replica.training.createTrainingRun({ spec: empty })).rejects.toMatchObject({
      reason: 'ACTIVATION_SET_EMPTY',
    });
  });

  test('refuses a run above the memory limit with both numbers', async () => {
    const small = await system.start({ FACET_TRAINING_MEMORY_MIB: '16' });
    const creating = small.training.createTrainingRun({ spec: spec({ dSae: 65_536 }) });
    await expect(creating).rejects.toThrow(
      /needs \d{8,} bytes of memory, FACET_TRAINING_MEMORY_MIB allows 16777216/,
    );
  });
});

describe('the SAE of a run', () => {
  test('encodes as the reference does, and gives directions for interventions', async () => {
    await replica.training.createTrainingRun({ trainingRunId: 'r', spec: spec({ tokens: 256n * 100n }) });
    await watchToEnd(replica, 'trainingRuns/r');
    const { sae } = await openSaeArtifact(system.store, 'r');
    const x = Float32Array.from({ length: 5 * D_IN }, (_, i) => 2 + Math.sin(i));
    const data = Buffer.from(x.buffer);
    const activations = { dtype: 'DATA_TYPE_F32' as const, shape: [5, D_IN], data };
    const encoded = await replica.saes.encodeActivations({ name: 'saes/r', activations });
    const expected = encodeReference(sae, x, 5);
    expect(toInts(encoded.offsets?.data)).toEqual(Array.from(expected.offsets));
    expect(toInts(encoded.indices?.data)).toEqual(Array.from(expected.indices));
    const directions = await replica.saes.batchGetDirections({ name: 'saes/r', features: [7, 2] });
    expect(toFloats(directions.decoderRows?.data)).toEqual([
      ...sae.W_dec.subarray(7 * D_IN, 8 * D_IN),
      ...sae.W_dec.subarray(2 * D_IN, 3 * D_IN),
    ]);
    expect(directions.thresholdForm).toBe(true);
    expect(toFloats(directions.threshold?.data)[0]).toBeCloseTo(sae.cfg.metadata.inference_threshold!, 6);
    await expect(replica.saes.batchGetDirections({ name: 'saes/r', features: [70_000] })).rejects.toThrow(
      /saes\/r has no feature 70000; d_sae is 48/,
    );
    const wrong = { ...activations, shape: [D_IN, 5] };
    await expect(replica.saes.encodeActivations({ name: 'saes/r', activations: wrong })).rejects.toThrow(
      /activations: the tensor has shape \[16,5\]; expected \[n, 16\]/,
    );
  });
});

const toInts = (data: Uint8Array | undefined) => Array.from(new Int32Array(Uint8Array.from(data!).buffer));
const toFloats = (data: Uint8Array | undefined) =>
  Array.from(new Float32Array(Uint8Array.from(data!).buffer));
