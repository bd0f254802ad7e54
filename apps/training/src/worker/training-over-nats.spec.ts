import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSaeArtifact } from '@facet/artifacts';
import {
  SaePublished,
  type TrainingRun,
  TrainingRunState,
  TrainingServiceDefinition,
} from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { connect, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore, verifyManifest } from '@facet/objects';
import { createRunStore } from '../runs/records/run-store.ts';
import { type ReadyProcess, startNats, startTrainingProcess } from '../testing/child-process.ts';
import { TRUE_L0, writeSparseSet } from '../testing/sparse-set.ts';

const hasNats = spawnSync('nats-server', ['--version']).status === 0;
if (!hasNats) console.warn('SKIPPED: nats-server is not installed (apt-get install nats-server)');
const describeWithNats = hasNats ? describe : describe.skip;

describeWithNats('training over NATS', () => {
  const processes: ReadyProcess[] = [];
  let folder: string;
  let env: Record<string, string>;
  let store: ObjectStore;
  let bus: EventBus;
  let client: ServiceClient<typeof TrainingServiceDefinition>;
  let close: () => Promise<void> | void;

  const keep = async (started: Promise<ReadyProcess>) => {
    processes.push(await started);
    return processes.at(-1)!;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-trained-'));
    const nats = await keep(startNats(join(folder, 'nats')));
    env = {
      FACET_OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
      FACET_EVENTS_URL: nats.ready,
      FACET_EVENTS_ACK_WAIT_MS: '2000',
    };
    store = openObjectStore(env.FACET_OBJECTS_URL!);
    bus = await openEventBus({ url: nats.ready });
    await writeSparseSet(store, 'toy');
    const api = await keep(startTrainingProcess({ ...env, FACET_TRAINING_ROLES: 'api' }));
    const connection = connect(api.ready);
    client = createServiceClient(TrainingServiceDefinition, connection);
    close = connection.close;
  }, 60_000);

  afterAll(async () => {
    await close?.();
    await bus?.close();
    for (const one of processes.toReversed()) await one.end();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const startWorker = () => keep(startTrainingProcess({ ...env, FACET_TRAINING_ROLES: 'worker' }));

  const create = (trainingRunId: string) =>
    client.createTrainingRun({
      trainingRunId,
      spec: {
        activationSets: ['activationSets/toy'],
        dSae: 48,
        recipe: { $case: 'topk', value: { k: TRUE_L0, auxkAlpha: undefined, kAux: undefined } },
        tokens: 256n * 8000n,
        batchTokens: 256,
        seed: 5n,
      },
    });

  const watchUntil = async (name: string, done: (run: TrainingRun) => boolean): Promise<TrainingRun> => {
    for await (const { trainingRun } of client.watchTrainingRun({ name }))
      if (done(trainingRun as TrainingRun)) return trainingRun as TrainingRun;
    throw new Error(`${name} ended before it came so far`);
  };
  const hasTrained = (run: TrainingRun) => (run.stepMetrics?.step ?? 0n) > 0n;
  const hasEnded = ({ evaluation, error }: TrainingRun) => (evaluation ?? error) !== undefined;

  test('a run whose worker is killed is trained again elsewhere, and its SAE published once', async () => {
    const events = bus.subscribe('facet.sae.published');
    await events.ready;
    const victim = await startWorker();
    await create('disturbed');
    await watchUntil('trainingRuns/disturbed', hasTrained);
    await victim.end('SIGKILL');
    const { start, outcome } = await createRunStore(store).read('disturbed');
    expect(start).toBeDefined();
    expect(outcome).toBeUndefined();
    expect(await store.exists('saes/disturbed/manifest.json')).toBe(false);

    await startWorker();
    const run = await watchUntil('trainingRuns/disturbed', hasEnded);
    expect(run.error).toBeUndefined();
    expect(run.state).toBe(TrainingRunState.SUCCEEDED);
    await create('undisturbed');
    await watchUntil('trainingRuns/undisturbed', hasEnded);

    await verifyManifest(store, 'saes/disturbed');
    const [disturbed, undisturbed] = [
      await openSaeArtifact(store, 'disturbed'),
      await openSaeArtifact(store, 'undisturbed'),
    ];
    expect(disturbed.manifest.files).toEqual(undisturbed.manifest.files);
    const published: string[] = [];
    for await (const { payload } of events) {
      published.push(SaePublished.decode(payload).sae);
      if (published.at(-1) === 'saes/undisturbed') break;
    }
    expect(published).toEqual(['saes/disturbed', 'saes/undisturbed']);
  }, 120_000);
});
