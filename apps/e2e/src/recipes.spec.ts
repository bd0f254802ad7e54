import type { TrainingEvaluation, TrainingSpec } from '@facet/contracts';
import { type Clients, createClients } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';
import { captureSet, trainingEnd } from './system/tiny-way.ts';

const ROWS = 40_000;
/** Features of a row that every SAE here is trained for. */
const TARGET = 8;
/** The λ with which `gated` comes to TARGET on these rows. */
const GATED_LAMBDA = 3;

const RECIPES: Readonly<Record<string, NonNullable<TrainingSpec['recipe']>>> = {
  topk: { $case: 'topk', value: { k: TARGET } },
  jumprelu: { $case: 'jumprelu', value: { targetL0: TARGET } },
  gated: { $case: 'gated', value: { lambda: GATED_LAMBDA } },
  unbound: { $case: 'jumprelu', value: { targetL0: TARGET, lambda: 1e-9 } },
};

describeWithModels('recipes on the rows of a pretrained model', () => {
  let system: System;
  let clients: Clients;
  const evaluations = new Map<string, TrainingEvaluation>();

  beforeAll(async () => {
    system = await startSystem({ models: [MODEL_DIRECTORY] });
    clients = createClients(system.addresses);
    await captureSet(clients, 'rows', ROWS);
    const variants = Object.entries(RECIPES).map(([name, recipe]) => ({ sae: `saes/${name}`, recipe }));
    await clients.trainingRuns.createTrainingRun({
      trainingRunId: 'recipes',
      spec: {
        activationSets: ['activationSets/rows'],
        dSae: 192,
        batchTokens: 256,
        tokens: BigInt(4 * ROWS),
        variants,
      },
    });
    const { members, error } = await trainingEnd(clients, 'recipes');
    expect(error).toBeUndefined();
    for (const { sae, evaluation } of members) evaluations.set(sae.slice('saes/'.length), evaluation!);
  }, 300_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test.each(['jumprelu', 'gated'])('%s reaches its target, not far off the frontier of topk', (recipe) => {
    const { l0, fvu, warnings } = evaluations.get(recipe)!;
    expect(Math.abs(l0 / TARGET - 1)).toBeLessThan(0.1);
    expect(fvu / evaluations.get('topk')!.fvu).toBeLessThan(1.25);
    expect(warnings).toEqual([]);
  });

  test('a run that misses its target says so in its result, and in what is shown of its SAE', async () => {
    const { l0, targetL0, warnings } = evaluations.get('unbound')!;
    expect([l0 > 1.2 * TARGET, targetL0]).toEqual([true, TARGET]);
    expect(warnings).toEqual([expect.stringMatching(/^held-out l0 [\d.]+ is \d+ % above the 8 asked for; /)]);
    const { sae } = await clients.saes.getSae({ name: 'saes/unbound' });
    expect(sae?.evaluation).toMatchObject({ targetL0: TARGET, warnings });
  });
});
