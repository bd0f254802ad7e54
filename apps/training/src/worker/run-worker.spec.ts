import { TrainingRunState } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { createLogger } from '@facet/mesh';
import { createLiveRuns } from '../runs/live-runs.ts';
import { createRunStore } from '../runs/records/run-store.ts';
import { createRunEvents } from '../runs/run-events.ts';
import { D_IN, writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';
import { createRunWorker, type RunWorkerDependencies } from './run-worker.ts';

let system: TrainingSystem;
let replica: Replica;
let stop: AbortController;

beforeEach(async () => {
  system = await createTrainingSystem();
  await writeSparseSet(system.store, 'toy');
  replica = await system.start({ FACET_TRAINING_ROLES: 'api' });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await system.stop();
});

/** Works with a thread that ends as `train` does, until the run of the only job has ended. */
async function workWith(train: NonNullable<RunWorkerDependencies['train']>) {
  const { store, bus } = system;
  const logged: { msg: string; err?: { message: string } }[] = [];
  const stream = { write: (line: string) => void logged.push(JSON.parse(line)) };
  const worker = createRunWorker({
    runs: createRunStore(store),
    live: createLiveRuns(bus),
    events: createRunEvents(bus),
    objectsUrl: 'memory:',
    threads: 1,
    worker: 'test',
    logger: createLogger({ service: 'training', level: 'info', stream }),
    train,
  });
  const recipe = { $case: 'topk' as const, value: { k: 4 } };
  const spec = {
    activationSets: ['activationSets/toy'],
    dSae: D_IN,
    recipe,
    tokens: 2560n,
    batchTokens: 256,
  };
  await replica.training.createTrainingRun({ trainingRunId: 'r', spec });
  const working = bus.work('train', worker.handle, {
    signal: stop.signal,
    maxDeliver: 1000,
    retryDelayMs: 1,
    onDeadLetter: worker.giveUp,
  });
  const seen = [];
  for await (const { trainingRun } of replica.training.watchTrainingRun({ name: 'trainingRuns/r' }))
    seen.push(trainingRun!);
  stop.abort();
  await working;
  return { run: seen.at(-1)!, logged };
}

describe('a run whose thread never begins', () => {
  test('fails after six attempts and says where the reason stands', async () => {
    let attempts = 0;
    const { run, logged } = await workWith(async () => {
      attempts++;
      throw new TypeError("Cannot find module 'training-worker.js'");
    });
    expect(attempts).toBe(6);
    expect(run.state).toBe(TrainingRunState.FAILED);
    expect(run.error).toMatchObject({
      reason: 'INTERNAL',
      message: expect.stringMatching(/6 attempts.*log/),
    });
    expect(run.error!.message).not.toContain('training-worker');
    const errors = logged.filter(({ err }) => err?.message.includes('Cannot find module'));
    expect(errors).toHaveLength(6);
  });

  test('goes on where attempts fail otherwise in between', async () => {
    let attempts = 0;
    const { run } = await workWith(async () => {
      attempts++;
      if (attempts === 11) throw new FacetError('invalid', 'enough');
      if (attempts % 5 === 0) throw new FacetError('unavailable', 'the store does not answer');
      throw new TypeError('unforeseen');
    });
    expect(run.error).toMatchObject({ message: 'enough' });
  });
});
