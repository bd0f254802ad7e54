import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openSaeArtifact, readSaeManifest } from '@facet/artifacts';
import { TrainingServiceDefinition, type TrainingSpec } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore, verifyManifest } from '@facet/objects';
import { createRandom } from '@facet/random';
import { readLeases } from '../runs/records/run-lease.ts';
import { createRunStore } from '../runs/records/run-store.ts';
import { type ReadyProcess, startTrainingProcess } from '../testing/child-process.ts';
import { TRUE_L0, writeSparseSet } from '../testing/sparse-set.ts';

/** `npm run test:kill` asks for 20. */
const KILLS = Number(process.env.FACET_KILLS ?? 3);
/** Every third life ends this soon after the service answers: before or in the reading, mostly. */
const MAX_SHORT_LIFE_MS = 500;
/** Other lives end this soon after their first checkpoint: in a step, or in a later checkpoint. */
const MAX_LIFE_AFTER_CHECKPOINT_MS = 150;
/** Steps that no worker gets through in the lives that it has. */
const STEPS = 1000 * (KILLS + 2);
const POLL_MS = 20;

let folder: string;
let store: ObjectStore;
let service: ReadyProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-killed-'));
  store = openObjectStore(pathToFileURL(folder).href);
  await writeSparseSet(store, 'one', { rows: 6000, shards: 3 });
  await writeSparseSet(store, 'two', { rows: 3000, shards: 2, seed: 2n });
});

afterEach(async () => {
  await service?.end();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

const start = async () => {
  service = await startTrainingProcess({ FACET_OBJECTS_URL: store.url, FACET_LOG_LEVEL: 'info' });
  return service;
};

const spec: Partial<TrainingSpec> = {
  activationSets: ['activationSets/one', 'activationSets/two'],
  dSae: 64,
  recipe: { $case: 'topk', value: { k: TRUE_L0, auxkAlpha: undefined, kAux: undefined } },
  tokens: 256n * BigInt(STEPS),
  batchTokens: 256,
  learningRate: 1e-3,
  deadWindowTokens: 512n,
  maxNormMultiple: 3,
  seed: 11n,
  checkpointSteps: 100n,
  checkpointMinutes: 0,
};

async function create(address: string, trainingRunId: string): Promise<void> {
  const connection = connect(address);
  await createServiceClient(TrainingServiceDefinition, connection).createTrainingRun({ trainingRunId, spec });
  await connection.close();
}

async function waitForCheckpoint(id: string): Promise<void> {
  const runs = createRunStore(store);
  const step = async () => (await runs.read(id)).checkpoint?.step ?? 0;
  for (const before = await step(); (await step()) === before; ) await sleep(POLL_MS);
}

async function waitForEnd(id: string): Promise<void> {
  while ((await createRunStore(store).read(id)).outcome === undefined) await sleep(POLL_MS);
}

describe('a run whose worker is killed again and again', () => {
  test(
    `gives the same SAE after ${KILLS} SIGKILLs as an unbroken run, bit by bit`,
    async () => {
      const random = createRandom(BigInt(KILLS));
      await create((await start()).ready, 'killed');
      for (let kill = 0; kill < KILLS; kill++) {
        const short = kill % 3 === 2;
        if (!short) await waitForCheckpoint('killed');
        await sleep(random.uniform() * (short ? MAX_SHORT_LIFE_MS : MAX_LIFE_AFTER_CHECKPOINT_MS));
        await service!.end('SIGKILL');
        await start();
      }
      const runs = createRunStore(store);
      expect((await runs.read('killed')).outcome).toBeUndefined();
      await waitForEnd('killed');
      await create(service!.ready, 'unbroken');
      await waitForEnd('unbroken');

      const [killed, unbroken] = [await runs.read('killed'), await runs.read('unbroken')];
      expect(killed.outcome).toMatchObject({ state: 'SUCCEEDED' });
      expect(unbroken.outcome).toMatchObject({ state: 'SUCCEEDED', evaluation: { resumes: 0 } });
      await verifyManifest(store, 'saes/killed');
      const files = async (id: string) => (await readSaeManifest(store, id)).manifest.files;
      expect(await files('killed')).toEqual(await files('unbroken'));
      expect((await openSaeArtifact(store, 'killed')).sae).toEqual(
        (await openSaeArtifact(store, 'unbroken')).sae,
      );
      expect(await runs.metrics('killed')).toEqual(await runs.metrics('unbroken'));

      // It was killed on the way, not only before or after.
      const leases = await readLeases(store, 'trainingRuns/killed/leases');
      const begun = new Set(leases.map(({ step }) => step));
      expect(begun.size).toBeGreaterThan(KILLS / 2);
      console.info(`killed ${KILLS} times; went on from steps ${[...begun].join(', ')} of ${STEPS}`);
      // Checkpoints go when the run has ended.
      for await (const { key } of store.list('trainingRuns')) expect(key).not.toMatch(/\/checkpoints\//);
    },
    60_000 + 20_000 * KILLS,
  );
});
