import { setTimeout as sleep } from 'node:timers/promises';
import { type EventBus, type JobKind, openEventBus } from '@facet/events';
import { openObjectStore } from '@facet/objects';
import { type Clients, createClients, last } from './clients.ts';
import { describeWithModels } from './describe-with-models.ts';
import { MODEL_DIRECTORY } from './repository.ts';
import { type System, startSystem } from './system.ts';
import { beginTraining, setEnd, setRequest, trainingEnd } from './tiny-way.ts';

/** More than a job has attempts; `npm run test:kill` asks for twelve. */
const RESTARTS = Number(process.env.FACET_RESTARTS ?? 7);
const TIMEOUT_MS = 600_000;

describeWithModels(`${RESTARTS} rolling restarts in the middle of one job`, () => {
  let system: System;
  let clients: Clients;
  let bus: EventBus;

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      env: { FACET_CLICKHOUSE_RETRY_MS: '600000' },
      serviceEnv: { capture: { FACET_CAPTURE_ROLES: 'api' }, training: { FACET_TRAINING_ROLES: 'api' } },
    });
    clients = createClients(system.addresses);
    bus = await openEventBus({ url: system.nats.url });
  }, TIMEOUT_MS);

  afterAll(async () => {
    clients?.close();
    await bus?.close();
    await system?.stop();
  }, 60_000);

  /** Waits until a worker has a job of a kind. */
  async function taken(kind: JobKind): Promise<void> {
    while ((await bus.queueDepth(kind)).active === 0) await sleep(20);
  }

  test(
    'cost a capture no attempt',
    async () => {
      await clients.activationSets.createActivationSet(setRequest('rows', { tokens: 20_000 }));
      const env = { FACET_CAPTURE_ROLES: 'worker' };
      // Its tokenizer does not answer: the plan is under way as long as this takes.
      const goOn = system.services.inference.freeze();
      for (let restart = 0; restart < RESTARTS; restart++) {
        const worker = await system.startService('capture', { env });
        await taken('capture');
        await worker.end('SIGTERM');
        expect(await bus.queueDepth('capture')).toEqual({ pending: 1, active: 0 });
      }
      goOn();
      await system.startService('capture', { env });
      const set = await setEnd(clients, 'rows');
      expect(set.error).toBeUndefined();
      expect(set.state).toBe('ACTIVATION_SET_STATE_ACTIVE');
      const store = openObjectStore(system.objectsUrl);
      for await (const { key } of store.list('activationSets/rows/partitions'))
        expect(JSON.parse(Buffer.from(await store.read(key)).toString())).toMatchObject({ attempt: 1 });
    },
    TIMEOUT_MS,
  );

  test(
    'cost a training no attempt',
    async () => {
      await beginTraining(clients, 'sae', { dSae: 256, set: 'rows', tokens: 2_000_000 });
      const env = { FACET_TRAINING_ROLES: 'worker' };
      for (let restart = 0; restart < RESTARTS; restart++) {
        const worker = await system.startService('training', { env });
        await taken('train');
        await worker.end('SIGTERM');
        expect(await bus.queueDepth('train')).toEqual({ pending: 1, active: 0 });
      }
      await system.startService('training', { env });
      const run = await trainingEnd(clients, 'sae');
      expect(run.error).toBeUndefined();
      expect(run.state).toBe('TRAINING_RUN_STATE_SUCCEEDED');
    },
    TIMEOUT_MS,
  );

  test(
    'cost an indexing no attempt',
    async () => {
      await system.clickhouse.kill();
      const spec = { sae: 'saes/sae', activationSet: 'activationSets/rows' };
      await clients.indexingRuns.createIndexingRun({ indexingRunId: 'index', spec });
      for (let restart = 0; restart < RESTARTS; restart++) {
        await taken('index');
        await system.services.features.end('SIGTERM');
        expect(await bus.queueDepth('index')).toEqual({ pending: 1, active: 0 });
        await system.services.features.start();
      }
      await taken('index');
      await system.clickhouse.start();
      const name = 'indexingRuns/index';
      const { indexingRun } = await last(clients.indexingRuns.watchIndexingRun({ name }));
      expect(indexingRun?.error).toBeUndefined();
      expect(indexingRun?.state).toBe('INDEXING_RUN_STATE_SUCCEEDED');
    },
    TIMEOUT_MS,
  );
});
