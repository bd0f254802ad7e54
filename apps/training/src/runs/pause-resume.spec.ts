import { readSaeManifest } from '@facet/artifacts';
import { type TrainingRun, TrainingRunState, type TrainingSpec } from '@facet/contracts';
import { JOB_TAKEN_OVER } from '@facet/events';
import { TRUE_L0, writeSparseSet } from '../testing/sparse-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';
import { runTrainingTask } from '../worker/run-training-task.ts';
import type { TaskProgress } from '../worker/training-reports.ts';
import type { TrainingTask } from '../worker/training-task.ts';
import { createRunStore } from './records/run-store.ts';

const NAME = 'trainingRuns/r';

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
    tokens: 256n * 4000n,
    batchTokens: 256,
    seed: 5n,
    ...change,
  };
}

const create = (trainingRunId: string, change: Partial<TrainingSpec> = {}) =>
  replica.training.createTrainingRun({ trainingRunId, spec: spec(change) });

async function watchUntil(name: string, enough: (run: TrainingRun) => boolean): Promise<TrainingRun> {
  let last: TrainingRun | undefined;
  for await (const { trainingRun } of replica.training.watchTrainingRun({ name })) {
    last = trainingRun as TrainingRun;
    if (enough(last)) break;
  }
  return last!;
}

const hasTrained = ({ stepMetrics }: TrainingRun) => (stepMetrics?.step ?? 0n) > 0n;
const never = () => false;

describe('pausing', () => {
  test('keeps a checkpoint, ends the watch, and goes on to the same SAE', async () => {
    await create('r');
    await watchUntil(NAME, hasTrained);
    const watching = watchUntil(NAME, never);
    const { trainingRun: paused } = await replica.training.pauseTrainingRun({ name: NAME });
    expect(paused?.state).toBe(TrainingRunState.PAUSED);
    expect((await watching).state).toBe(TrainingRunState.PAUSED);
    expect(Number(paused?.checkpoint?.step)).toBeGreaterThan(0);
    expect(Number(paused?.checkpoint?.bytes)).toBeGreaterThan(3 * 4 * 2 * 48 * 16);
    expect(await system.bus.queueDepth('train')).toEqual({ pending: 0, active: 0 });

    const { trainingRun: resumed } = await replica.training.resumeTrainingRun({ name: NAME });
    expect([TrainingRunState.PENDING, TrainingRunState.RUNNING]).toContain(resumed?.state);
    const done = await watchUntil(NAME, never);
    expect(done.state).toBe(TrainingRunState.SUCCEEDED);
    expect(done.evaluation?.resumes).toBe(1);
    await create('unbroken');
    await watchUntil('trainingRuns/unbroken', never);
    const files = async (id: string) => (await readSaeManifest(system.store, id)).manifest.files;
    expect(await files('r')).toEqual(await files('unbroken'));
    const curves = await replica.training.listTrainingMetrics({ name: NAME });
    expect(curves.points).toHaveLength(1000);
    expect(curves).toEqual(await replica.training.listTrainingMetrics({ name: 'trainingRuns/unbroken' }));
  });

  test('rests a run before its worker began, and can be cancelled then', async () => {
    await create('busy', { tokens: 256n * 4_000_000n });
    await watchUntil('trainingRuns/busy', hasTrained);
    await create('r');
    const { trainingRun: paused } = await replica.training.pauseTrainingRun({ name: NAME });
    expect(paused?.state).toBe(TrainingRunState.PAUSED);
    await replica.training.cancelTrainingRun({ name: 'trainingRuns/busy' });
    const { trainingRun } = await replica.training.cancelTrainingRun({ name: NAME });
    expect(trainingRun?.state).toBe(TrainingRunState.CANCELLED);
    const { trainingRun: resumed } = await replica.training.resumeTrainingRun({ name: NAME });
    expect(resumed?.state).toBe(TrainingRunState.CANCELLED);
  });

  test('cancels a paused run and removes its checkpoint', async () => {
    await create('r', { tokens: 256n * 4_000_000n });
    await watchUntil(NAME, hasTrained);
    await replica.training.pauseTrainingRun({ name: NAME });
    await replica.training.cancelTrainingRun({ name: NAME });
    for await (const { key } of system.store.list(NAME)) expect(key).not.toContain('checkpoints');
  });
});

describe('a service that is stopped and started', () => {
  test('queues again what was lost with its queue, and goes on from the checkpoint', async () => {
    await create('r');
    await watchUntil(NAME, hasTrained);
    await replica.stop();
    const { checkpoint, outcome } = await createRunStore(system.store).read('r');
    expect(outcome).toBeUndefined();
    expect(checkpoint?.step).toBeGreaterThan(0);
    replica = await system.start();
    const done = await watchUntil(NAME, never);
    expect(done.evaluation?.resumes).toBe(1);
  });
});

describe('runTrainingTask', () => {
  /** A task of a run that no service of this test works on. */
  async function taskOf(worker: string, change: Partial<TrainingTask> = {}): Promise<TrainingTask> {
    const runs = createRunStore(system.store);
    return {
      store: system.store,
      runs,
      record: await runs.record('r'),
      threads: 1,
      worker,
      attempt: 1,
      signal: new AbortController().signal,
      suspend: new AbortController().signal,
      now: () => performance.now(),
      onProgress: () => undefined,
      onMetrics: () => undefined,
      ...change,
    };
  }

  async function createUnworked(change: Partial<TrainingSpec> = {}): Promise<void> {
    await replica.stop();
    replica = await system.start({ FACET_TRAINING_ROLES: 'api' });
    await create('r', change);
  }

  test('stops and writes nothing more when another worker takes its run over', async () => {
    await createUnworked({ checkpointSteps: 50n });
    let second: Promise<unknown> | undefined;
    const first = await taskOf('first', {
      onProgress({ step }) {
        if ((step?.step ?? 0) > 100) second ??= taskOf('second').then(runTrainingTask);
      },
    });
    const ending = runTrainingTask(first);
    await expect(ending).rejects.toMatchObject({
      reason: JOB_TAKEN_OVER,
      message: expect.stringMatching(/r was taken over by second \(epoch 2\); first \(epoch 1\) stops/),
    });
    expect(await second).toMatchObject([{ evaluation: { resumes: 1 } }]);
    expect((await readSaeManifest(system.store, 'r')).manifest.body.trainingRun).toBe(NAME);
  }, 120_000);

  test('says that it computes before the first step is done, also where it goes on', async () => {
    await createUnworked({ tokens: 256n * 100n });
    const stop = new AbortController();
    const told: TaskProgress[] = [];
    const suspended = await taskOf('first', {
      suspend: stop.signal,
      onProgress(progress) {
        told.push(progress);
        if (progress.step) stop.abort();
      },
    });
    await expect(runTrainingTask(suspended)).rejects.toMatchObject({ reason: 'TRAINING_SUSPENDED' });
    const first = told.filter((progress) => progress.stage !== 'reading')[0];
    expect(first).toEqual({ stage: 'training', done: 0, total: 256 * 100, rate: 0 });

    told.length = 0;
    const checkpoint = (await createRunStore(system.store).read('r')).checkpoint!;
    await runTrainingTask(await taskOf('second', { onProgress: (progress) => void told.push(progress) }));
    const again = told.filter((progress) => progress.stage !== 'reading')[0];
    expect(again).toEqual({ ...first, done: 256 * checkpoint.step });
  });

  test('gives a run up whose workers all die before a checkpoint', async () => {
    await createUnworked();
    const { runs } = await taskOf('x');
    for (let turn = 1; turn <= 5; turn++) await runs.takeLease('r', { worker: 'w', step: 0, attempt: turn });
    const task = await taskOf('sixth', { attempt: 6 });
    await expect(runTrainingTask(task)).rejects.toMatchObject({ reason: 'NO_PROGRESS' });
  });

  test('refuses a damaged checkpoint by name', async () => {
    await createUnworked({ checkpointSteps: 50n });
    const stop = new AbortController();
    const task = await taskOf('first', {
      suspend: stop.signal,
      onProgress: ({ step }) => void (step && stop.abort()),
    });
    await expect(runTrainingTask(task)).rejects.toMatchObject({ reason: 'TRAINING_SUSPENDED' });
    const keys: string[] = [];
    for await (const { key } of system.store.list(`${NAME}/checkpoints`)) keys.push(key);
    const state = keys.find((key) => key.endsWith('state.safetensors'))!;
    const bytes = await system.store.read(state);
    bytes[bytes.length - 5] ^= 1;
    await system.store.write(state, bytes);
    await expect(runTrainingTask(await taskOf('second'))).rejects.toMatchObject({
      reason: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining(state),
    });
  });
});
