import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';
import { beginTraining, setEnd, setRequest, trainingEnd } from './system/tiny-way.ts';

/** More than a job has attempts; `npm run test:kill` asks for twelve. */
const RESTARTS = Number(process.env.FACET_RESTARTS ?? 7);
const TIMEOUT_MS = 600_000;

describeWithModels(`${RESTARTS} rolling restarts in the middle of one job`, () => {
  let system: System;
  let clients: Clients;

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      env: { FACET_CLICKHOUSE_RETRY_MS: '600000', FACET_LOG_LEVEL: 'debug' },
      serviceEnv: {
        capture: { FACET_CAPTURE_ROLES: 'api' },
        training: { FACET_TRAINING_ROLES: 'api' },
        features: { FACET_FEATURES_ROLES: 'api' },
      },
    });
    clients = createClients(system.addresses);
  }, TIMEOUT_MS);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, TIMEOUT_MS);

  const startWorker = (service: 'capture' | 'training' | 'features') =>
    system.startService(service, { env: { [`FACET_${service.toUpperCase()}_ROLES`]: 'worker' } });

  /** Starts and stops workers, each of which takes the job whose id or run is `what`; tells the attempts that they saw. */
  async function restart(service: 'capture' | 'training' | 'features', what: RegExp): Promise<number[]> {
    const attempts: number[] = [];
    for (let i = 0; i < RESTARTS; i++) {
      const worker = await startWorker(service);
      attempts.push(
        await worker.line((line) => {
          const { job, run, attempt } = line.startsWith('{') ? JSON.parse(line) : {};
          return attempt !== undefined && what.test(job ?? run) ? (attempt as number) : undefined;
        }),
      );
      await worker.end('SIGTERM');
    }
    return attempts;
  }

  const ones = Array.from({ length: RESTARTS }, () => 1);

  test(
    'cost a capture no attempt',
    async () => {
      await clients.activationSets.createActivationSet(setRequest('rows', { tokens: 20_000 }));
      // The tokenizer does not answer: the plan is under way as long as this takes.
      const goOn = system.services.inference.freeze();
      try {
        expect(await restart('capture', /^rows\.\w+\.plan$/)).toEqual(ones);
      } finally {
        goOn();
      }
      await startWorker('capture');
      const set = await setEnd(clients, 'rows');
      expect(set.error).toBeUndefined();
      expect(set.state).toBe('ACTIVATION_SET_STATE_ACTIVE');
    },
    TIMEOUT_MS,
  );

  test(
    'cost a training no attempt',
    async () => {
      await beginTraining(clients, 'sae', { dSae: 256, set: 'rows', tokens: 2_000_000 });
      expect(await restart('training', /^sae$/)).toEqual(ones);
      await startWorker('training');
      const run = await trainingEnd(clients, 'sae');
      expect(run.error).toBeUndefined();
      expect(run.state).toBe('TRAINING_RUN_STATE_SUCCEEDED');
    },
    TIMEOUT_MS,
  );

  test(
    'cost an indexing no attempt',
    async () => {
      // The index cannot be written: the run is under way as long as this takes.
      await system.clickhouse.kill();
      const spec = { sae: 'saes/sae', activationSet: 'activationSets/rows' };
      await clients.indexingRuns.createIndexingRun({ indexingRunId: 'index', spec });
      expect(await restart('features', /^index$/)).toEqual(ones);
      await system.clickhouse.start();
      await startWorker('features');
      const name = 'indexingRuns/index';
      const { indexingRun } = await last(clients.indexingRuns.watchIndexingRun({ name }));
      expect(indexingRun?.error).toBeUndefined();
      expect(indexingRun?.state).toBe('INDEXING_RUN_STATE_SUCCEEDED');
    },
    TIMEOUT_MS,
  );
});
