import { writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy');
});
afterEach(() => system.stop());

describe('listTrainingRuns', () => {
  test('passes over what is left of a run that was deleted meanwhile, and fills its pages', async () => {
    const { training } = await system.start({ FACET_TRAINING_ROLES: 'api' });
    const recipe = { $case: 'topk' as const, value: { k: 3 } };
    const spec = { activationSets: ['activationSets/toy'], dSae: 48, recipe, tokens: 256n, batchTokens: 256 };
    for (const trainingRunId of ['a', 'c', 'e']) await training.createTrainingRun({ trainingRunId, spec });
    for (const gone of ['b', 'd'])
      await system.store.write(`trainingRuns/${gone}/leases/1.json`, Buffer.from('{}'));
    const first = await training.listTrainingRuns({ pageSize: 2 });
    expect(first.trainingRuns.map(({ name }) => name)).toEqual(['trainingRuns/a', 'trainingRuns/c']);
    const second = await training.listTrainingRuns({ pageSize: 2, pageToken: first.nextPageToken });
    expect(second.trainingRuns.map(({ name }) => name)).toEqual(['trainingRuns/e']);
    expect(second.nextPageToken).toBe('');
  });
});
