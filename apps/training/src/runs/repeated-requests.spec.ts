import type { TrainingSpec } from '@facet/contracts';
import { writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy');
  await writeSparseSet(system.store, 'other');
  // Runs wait: only what is kept of them counts here.
  replica = await system.start({ FACET_TRAINING_ROLES: 'api' });
});
afterEach(() => system.stop());

const spec: Partial<TrainingSpec> = {
  activationSets: ['activationSets/toy'],
  dSae: 48,
  recipe: { $case: 'topk', value: { k: 3 } },
  tokens: 25_600n,
  batchTokens: 256,
  seed: 5n,
};
const variants = [
  { recipe: { $case: 'topk' as const, value: { k: 2 } } },
  { dSae: 64, learningRate: 2e-3, recipe: { $case: 'jumprelu' as const, value: { targetL0: 3 } } },
];
const create = (given: object, requestId = 'q', trainingRunId = '') =>
  replica.training.createTrainingRun({ trainingRunId, requestId, spec: given });

describe('a Create request with a request_id', () => {
  test('gives the same run back when it is sent again, also at once and with another replica', async () => {
    const both = await Promise.all([create(spec), create(spec)]);
    const other = await system.start({ FACET_TRAINING_ROLES: 'api' });
    const third = await other.training.createTrainingRun({ requestId: 'q', spec });
    const names = [...both, third].map(({ trainingRun }) => trainingRun?.name);
    expect(new Set(names).size).toBe(1);
    expect((await replica.training.listTrainingRuns({})).trainingRuns).toHaveLength(1);
  });

  test('gives a run of several SAEs back, whose names were filled in', async () => {
    const first = await create({ ...spec, variants });
    expect((await create({ ...spec, variants })).trainingRun?.name).toBe(first.trainingRun?.name);
  });

  test.each<[string, object]>([
    ['another size', { dSae: 64 }],
    ['another seed', { seed: 6n }],
    ['another setting of the recipe', { recipe: { $case: 'topk', value: { k: 4 } } }],
    ['another recipe', { recipe: { $case: 'batchtopk', value: { k: 3 } } }],
    ['more tokens', { tokens: 51_200n }],
    ['another set', { activationSets: ['activationSets/other'] }],
    ['a name for its SAE', { sae: 'saes/named' }],
    ['a setting that was left out', { warmupSteps: 1 }],
    ['a share that was left out', { heldOutFraction: 0.2 }],
    ['variants', { variants }],
  ])('is refused with %s', async (_, change) => {
    await create(spec);
    await expect(create({ ...spec, ...change })).rejects.toMatchObject({
      kind: 'exists',
      reason: 'REQUEST_ID_REUSED',
      field: 'request_id',
      message: expect.stringMatching(/^trainingRuns\/run-.* was made by the same request_id with another/),
    });
    expect((await replica.training.listTrainingRuns({})).trainingRuns).toHaveLength(1);
  });

  test.each<[string, object[]]>([
    ['another variant', [variants[0]!, { ...variants[1], learningRate: 1e-3 }]],
    ['one variant more', [...variants, {}]],
    ['variants in another order', variants.toReversed()],
  ])('is refused for a run of several SAEs with %s', async (_, changed) => {
    await create({ ...spec, variants });
    await expect(create({ ...spec, variants: changed })).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    });
  });

  test('is refused where its own id is taken by another request, and when it is too long', async () => {
    await create(spec, 'q', 'mine');
    await expect(create(spec, 'p', 'mine')).rejects.toMatchObject({
      kind: 'exists',
      field: 'training_run_id',
    });
    await expect(create(spec, '', 'mine')).rejects.toMatchObject({
      kind: 'exists',
      field: 'training_run_id',
    });
    await expect(create(spec, 'x'.repeat(65))).rejects.toMatchObject({
      kind: 'invalid',
      field: 'request_id',
    });
  });
});
