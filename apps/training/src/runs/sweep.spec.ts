import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openActivationSet, openSaeArtifact, readSaeManifest } from '@facet/artifacts';
import {
  SaePublished,
  type TrainingRun,
  TrainingRunState,
  TrainingServiceDefinition,
  TrainingSpec,
  TrainingVariant,
} from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { selectionRule } from '../evaluation/evaluation-rule.ts';
import { startTrainingProcess } from '../testing/child-process.ts';
import { writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';
import { createRunStore } from './records/run-store.ts';

const NAME = 'trainingRuns/r';
const POLL_MS = 20;

/** Recipes, sizes and sparsities of one sweep. */
const VARIANTS: readonly Partial<TrainingVariant>[] = [
  { sae: 'saes/small', dSae: 32, recipe: { $case: 'topk', value: { k: 2 } } },
  { dSae: 64, recipe: { $case: 'topk', value: { k: 4 } }, learningRate: 2e-3 },
  { recipe: { $case: 'jumprelu', value: { targetL0: 3 } } },
];
const SAES = ['small', 'r-2', 'r-3'];
const UNNAMED = VARIANTS.map((variant) => ({ ...variant, sae: '' }));

function specOf(change: Partial<TrainingSpec> = {}, variants = VARIANTS): TrainingSpec {
  return TrainingSpec.fromPartial({
    activationSets: ['activationSets/toy'],
    dSae: 48,
    tokens: 256n * 60n,
    batchTokens: 256,
    learningRate: 3e-3,
    deadWindowTokens: 512n,
    seed: 5n,
    variants: variants.map((variant) => TrainingVariant.fromPartial(variant)),
    ...change,
  });
}

/** The spec of a run that trains one of the variants alone. */
function aloneSpec(i: number, change: Partial<TrainingSpec> = {}): TrainingSpec {
  const { sae: _, ...stated } = VARIANTS[i]!;
  return specOf({ ...change, ...stated }, []);
}

const filesOf = async (store: ObjectStore, id: string) => (await readSaeManifest(store, id)).manifest.files;

describe('a run that trains several SAEs', () => {
  let system: TrainingSystem;
  let replica: Replica;
  beforeEach(async () => {
    system = await createTrainingSystem();
    await writeSparseSet(system.store, 'toy');
    replica = await system.start();
  });
  afterEach(() => system.stop());

  async function watchUntil(
    name: string,
    enough: (run: TrainingRun) => boolean = () => false,
  ): Promise<TrainingRun> {
    let last: TrainingRun | undefined;
    for await (const { trainingRun } of replica.training.watchTrainingRun({ name })) {
      last = trainingRun as TrainingRun;
      if (enough(last)) break;
    }
    return last!;
  }

  const create = (trainingRunId: string, spec: TrainingSpec) =>
    replica.training.createTrainingRun({ trainingRunId, spec });
  const hasTrained = ({ members }: TrainingRun) => members.some(({ stepMetrics }) => stepMetrics);

  test('publishes each as it would be alone, with its metrics and its run, and announces it', async () => {
    const stop = new AbortController();
    const events = system.bus.subscribe('facet.sae.published', { signal: stop.signal });
    await events.ready;
    const { trainingRun: created } = await create('r', specOf());
    expect(created?.state).toBe(TrainingRunState.PENDING);
    expect(created?.members?.map(({ sae }) => sae)).toEqual(SAES.map((id) => `saes/${id}`));
    expect(created?.spec?.variants?.[1]).toMatchObject({ sae: 'saes/r-2', dSae: 64, learningRate: 2e-3 });
    const seen = await watchUntil(NAME, ({ members }) => members.every(({ stepMetrics }) => stepMetrics));
    expect(seen.members.map(({ stepMetrics }) => stepMetrics?.steps)).toEqual([60n, 60n, 60n]);
    expect(seen.stepMetrics).toBeUndefined();
    const done = await watchUntil(NAME);
    expect(done.state).toBe(TrainingRunState.SUCCEEDED);
    expect(done.evaluation).toBeUndefined();

    for (const [i, id] of SAES.entries()) {
      const alone = `alone-${i}`;
      await create(alone, aloneSpec(i));
      const { evaluation } = await watchUntil(`trainingRuns/${alone}`);
      expect((await openSaeArtifact(system.store, id)).sae).toEqual(
        (await openSaeArtifact(system.store, alone)).sae,
      );
      expect(await filesOf(system.store, id)).toEqual(await filesOf(system.store, alone));
      const { l0, fvu, deadFraction, trainedTokens, heldOutTokens } = done.members[i]!.evaluation!;
      expect({ l0, fvu, deadFraction, trainedTokens, heldOutTokens }).toEqual({
        l0: evaluation?.l0,
        fvu: evaluation?.fvu,
        deadFraction: evaluation?.deadFraction,
        trainedTokens: evaluation?.trainedTokens,
        heldOutTokens: evaluation?.heldOutTokens,
      });
      const { manifest } = await readSaeManifest(system.store, id);
      expect(manifest.lineage).toMatchObject({ activationSetId: 'toy', saeId: id });
      expect(manifest.body).toMatchObject({ trainingRun: NAME, metrics: { fvu } });
      const sae = `saes/${id}`;
      const curves = await replica.training.listTrainingMetrics({ name: NAME, sae });
      expect(curves.points).toHaveLength(60);
      expect(curves).toEqual(await replica.training.listTrainingMetrics({ name: `trainingRuns/${alone}` }));
    }
    const announced: string[] = [];
    for await (const event of events) {
      const { sae, trainingRun } = SaePublished.decode(event.payload);
      if (trainingRun === NAME) announced.push(sae);
      if (announced.length === SAES.length) break;
    }
    stop.abort();
    expect(announced.sort()).toEqual(SAES.map((id) => `saes/${id}`).sort());
  }, 120_000);

  test('goes on to the same bits when it was paused', async () => {
    const long = { tokens: 256n * 600n };
    await create('r', specOf(long));
    await watchUntil(NAME, hasTrained);
    const { trainingRun: paused } = await replica.training.pauseTrainingRun({ name: NAME });
    expect(paused?.state).toBe(TrainingRunState.PAUSED);
    expect(Number(paused?.checkpoint?.step)).toBeGreaterThan(0);
    await replica.training.resumeTrainingRun({ name: NAME });
    const done = await watchUntil(NAME);
    expect(done.members.map(({ evaluation }) => evaluation?.resumes)).toEqual([1, 1, 1]);
    await create('unbroken', specOf(long, UNNAMED));
    await watchUntil('trainingRuns/unbroken');
    for (const [i, id] of SAES.entries()) {
      expect(await filesOf(system.store, id)).toEqual(await filesOf(system.store, `unbroken-${i + 1}`));
    }
  }, 120_000);

  test('publishes nothing when it is cancelled', async () => {
    await create('r', specOf({ tokens: 256n * 4_000_000n }));
    await watchUntil(NAME, hasTrained);
    const { trainingRun } = await replica.training.cancelTrainingRun({ name: NAME });
    expect(trainingRun?.state).toBe(TrainingRunState.CANCELLED);
    await create('next', aloneSpec(0, { tokens: 2560n }));
    await watchUntil('trainingRuns/next');
    const keys: string[] = [];
    for await (const { key } of system.store.list('saes')) keys.push(key);
    expect(keys.every((key) => key.startsWith('saes/next/'))).toBe(true);
  });

  test('publishes what is missing when its job comes again, and takes the rest as it is', async () => {
    await create('r', specOf());
    const first = await watchUntil(NAME);
    const [kept, missing] = [await filesOf(system.store, 'small'), await filesOf(system.store, 'r-2')];
    const manifest = await system.store.read('saes/small/manifest.json');
    // As if the worker had died between two publications.
    await system.store.delete(`${NAME}/outcome.json`);
    await system.store.deletePrefix('saes/r-2');
    await replica.training.resumeTrainingRun({ name: NAME });
    const again = await watchUntil(NAME);
    expect(again.state).toBe(TrainingRunState.SUCCEEDED);
    expect(again.members[0]?.evaluation).toEqual(first.members[0]?.evaluation);
    expect(await system.store.read('saes/small/manifest.json')).toEqual(manifest);
    expect(await filesOf(system.store, 'small')).toEqual(kept);
    expect(await filesOf(system.store, 'r-2')).toEqual(missing);
  });

  test('gives up one that diverges and publishes the others', async () => {
    await writeSparseSet(system.store, 'huge', { rows: 1024, scale: 1e16 });
    const spec = specOf({ activationSets: ['activationSets/huge'], tokens: 0n }, [
      { recipe: { $case: 'topk', value: { k: 2 } } },
      { recipe: { $case: 'standard', value: { resampleEvery: 0n } } },
    ]);
    await create('r', spec);
    const { state, members } = await watchUntil(NAME);
    expect(state).toBe(TrainingRunState.SUCCEEDED);
    expect(members[0]?.error).toMatchObject({ reason: 'TRAINING_DIVERGED' });
    expect(members[0]?.error?.message).toMatch(/diverged at step 1 of 3; lower learning_rate/);
    expect(members[0]?.evaluation).toBeUndefined();
    expect(members[1]?.evaluation?.trainedTokens).toBe(768n);
    await expect(readSaeManifest(system.store, 'r-1')).rejects.toMatchObject({ kind: 'not-found' });
    expect((await readSaeManifest(system.store, 'r-2')).manifest.body.trainingRun).toBe(NAME);
  });

  test('has its SAEs evaluated on the documents that it held out', async () => {
    await create('r', specOf({ tokens: 2560n }));
    await watchUntil(NAME);
    const artifact = await openSaeArtifact(system.store, 'r-3');
    const set = await openActivationSet(system.store, 'toy');
    const runs = createRunStore(system.store);
    const rule = await selectionRule(runs, { artifact, set, heldOut: true });
    expect(rule).toMatchObject({ kind: 'held-out-documents' });
  });

  const many = Array.from({ length: 65 }, () => VARIANTS[0]!);
  test.each<[string, TrainingSpec, string, RegExp]>([
    [
      'two of one name',
      specOf({}, [VARIANTS[0]!, VARIANTS[0]!]),
      'invalid',
      /two of spec.variants get the name saes\/small/,
    ],
    ['too many', specOf({}, many), 'invalid', /spec.variants has 65 SAEs; give at most 64/],
    [
      'one without a recipe',
      specOf({}, [VARIANTS[0]!, { dSae: 8 }]),
      'invalid',
      /spec.variants\[1\].recipe is missing/,
    ],
    [
      'a setting that does not fit, naming the SAE',
      specOf({}, [VARIANTS[0]!, { dSae: 4, recipe: { $case: 'topk', value: { k: 5 } } }]),
      'invalid',
      /saes\/r-2: topk.k is 5; it must be an integer from 1 to 4/,
    ],
    ['a name that is no id', specOf({}, [{ ...VARIANTS[0], sae: 'saes/A' }]), 'invalid', /A/],
  ])('is refused with %s', async (_, spec, kind, message) => {
    await expect(create('r', spec)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    await expect(replica.training.getTrainingRun({ name: NAME })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('is refused where an SAE has one of its names already', async () => {
    await create('small', aloneSpec(1, { tokens: 2560n }));
    await watchUntil('trainingRuns/small');
    await expect(create('r', specOf())).rejects.toMatchObject({ kind: 'exists' });
  });

  test('is refused above the memory limit where each alone would fit, with both numbers', async () => {
    const small = await system.start({ FACET_TRAINING_MEMORY_MIB: '16', FACET_TRAINING_ROLES: 'api' });
    const variants = VARIANTS.slice(0, 2).map((variant) => ({ ...variant, dSae: 8192 }));
    const alone = specOf({ ...variants[0], sae: '' }, []);
    const { trainingRun } = await small.training.createTrainingRun({ trainingRunId: 'alone', spec: alone });
    expect(trainingRun?.state).toBe(TrainingRunState.PENDING);
    const creating = small.training.createTrainingRun({ spec: specOf({}, variants) });
    await expect(creating).rejects.toThrow(
      /needs \d{8,} bytes of memory, FACET_TRAINING_MEMORY_MIB allows 16777216; train fewer than 2 SAEs at once/,
    );
  });
});

describe('a sweep whose worker is killed', () => {
  let folder: string;
  let store: ObjectStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-sweep-'));
    store = openObjectStore(pathToFileURL(folder).href);
    await writeSparseSet(store, 'toy');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = () => startTrainingProcess({ FACET_OBJECTS_URL: store.url, FACET_LOG_LEVEL: 'info' });

  async function create(address: string, trainingRunId: string, spec: TrainingSpec): Promise<void> {
    const connection = connect(address);
    const client = createServiceClient(TrainingServiceDefinition, connection);
    await client.createTrainingRun({ trainingRunId, spec });
    await connection.close();
  }

  test('gives the same SAEs as one that was not, bit by bit', async () => {
    const runs = createRunStore(store);
    const interrupted = { tokens: 256n * 300n, checkpointSteps: 20n, checkpointMinutes: 0 };
    let service = await start();
    try {
      await create(service.ready, 'r', specOf(interrupted));
      while ((await runs.read('r')).checkpoint === undefined) await sleep(POLL_MS);
      await service.end('SIGKILL');
      expect((await runs.read('r')).outcome).toBeUndefined();
      service = await start();
      while ((await runs.read('r')).outcome === undefined) await sleep(POLL_MS);
      await create(service.ready, 'unbroken', specOf(interrupted, UNNAMED));
      while ((await runs.read('unbroken')).outcome === undefined) await sleep(POLL_MS);
    } finally {
      await service.end();
    }
    const { outcome } = await runs.read('r');
    expect(outcome?.members?.map(({ evaluation }) => evaluation?.resumes)).toEqual([1, 1, 1]);
    for (const [i, id] of SAES.entries()) {
      expect(await filesOf(store, id)).toEqual(await filesOf(store, `unbroken-${i + 1}`));
      expect(await runs.metrics('r', i)).toEqual(await runs.metrics('unbroken', i));
    }
  }, 120_000);
});
