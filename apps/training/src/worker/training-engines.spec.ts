import { createRequire } from 'node:module';
import { type TrainingRun, TrainingRunState, type TrainingSpec } from '@facet/contracts';
import { TRUE_L0, writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy', { rows: 2048 });
  replica = await system.start();
});
afterEach(() => system.stop());

function spec(engine: string): Partial<TrainingSpec> {
  return {
    activationSets: ['activationSets/toy'],
    dSae: 32,
    recipe: {
      $case: 'batchtopk',
      value: { k: TRUE_L0, auxkAlpha: undefined, kAux: undefined, thresholdRate: undefined },
    },
    tokens: 128n * 60n,
    batchTokens: 128,
    learningRate: 3e-3,
    seed: 5n,
    engine,
  };
}

/** Creates a run and watches it to its end. */
async function train(id: string, engine: string): Promise<TrainingRun[]> {
  await replica.training.createTrainingRun({ trainingRunId: id, spec: spec(engine) });
  const seen: TrainingRun[] = [];
  for await (const { trainingRun } of replica.training.watchTrainingRun({ name: `trainingRuns/${id}` })) {
    seen.push(trainingRun as TrainingRun);
  }
  return seen;
}

const isInstalled = (name: string) => {
  try {
    return createRequire(__filename).resolve(name) !== '';
  } catch {
    return false;
  }
};

describe('the engine of a training run', () => {
  test('is stated with what it runs on, while it trains, in the evaluation and with the SAE', async () => {
    const seen = await train('r', 'tfjs:wasm');
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ state: TrainingRunState.SUCCEEDED, engine: 'tfjs', backend: 'wasm' });
    expect(last.evaluation).toMatchObject({ engine: 'tfjs', backend: 'wasm', trainedTokens: 128n * 60n });
    expect(last.spec?.engine).toBe('tfjs:wasm');
    const training = seen.filter(({ stepMetrics, evaluation }) => stepMetrics && !evaluation);
    expect(training.map(({ engine, backend }) => `${engine} ${backend}`)).toContain('tfjs wasm');
    const { sae } = await replica.saes.getSae({ name: 'saes/r' });
    expect(sae?.evaluation).toMatchObject({ engine: 'tfjs', backend: 'wasm' });
    expect(JSON.parse(sae!.configJson!).metadata).toMatchObject({
      training_engine: 'tfjs',
      training_backend: 'wasm',
    });
  });

  test('trains the SAE that the CPU engine trains', async () => {
    const [tfjs, cpu] = [(await train('a', 'tfjs:wasm')).at(-1)!, (await train('b', 'cpu')).at(-1)!];
    expect(cpu).toMatchObject({ state: TrainingRunState.SUCCEEDED, engine: 'cpu', backend: '' });
    expect(tfjs.evaluation!.fvu / cpu.evaluation!.fvu).toBeCloseTo(1, 3);
    expect(tfjs.evaluation!.l0 / cpu.evaluation!.l0).toBeCloseTo(1, 3);
    expect(tfjs.evaluation!.deadFraction).toBe(cpu.evaluation!.deadFraction);
  });

  const [absent] = ['node-gpu', 'node'].filter((name) => !isInstalled(`@tensorflow/tfjs-${name}`));
  (absent ? test : test.skip)('that is not installed fails the run with what to install', async () => {
    const last = (await train('r', `tfjs:${absent}`)).at(-1)!;
    expect(last.state).toBe(TrainingRunState.FAILED);
    expect(last.error?.reason).toBe('ENGINE_MISSING');
    expect(last.error?.message).toMatch(new RegExp(`npm install .*@tensorflow/tfjs-${absent}@4.22.0`));
  });

  test('is refused at once where there is no such backend', async () => {
    const creating = replica.training.createTrainingRun({ trainingRunId: 'r', spec: spec('tfjs:webgl') });
    await expect(creating).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/no backend "webgl"; use one of node-gpu, node, wasm, cpu/),
    });
  });
});
