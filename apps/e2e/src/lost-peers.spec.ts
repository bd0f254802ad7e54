import { openActivationSet } from '@facet/artifacts';
import { EXIT_CODES } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { runProcess } from './system/child-process.ts';
import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { filesIn } from './system/store-listing.ts';
import { type System, serviceCommand, startSystem } from './system/system.ts';
import { captureSet, setEnd, setRequest, trainSae } from './system/tiny-way.ts';
import { untilCapturing, untilIndexing } from './system/under-way.ts';

const PARTITION_TOKENS = 8192;
const TOKENS = 4 * PARTITION_TOKENS;
/** A port that nobody may listen on. */
const NOBODY = 'nats://127.0.0.1:1';

describeWithModels('when NATS or ClickHouse goes away', () => {
  let system: System;
  let clients: Clients;

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      env: {
        FACET_EVENTS_ACK_WAIT_MS: '2000',
        FACET_CLICKHOUSE_RETRY_MS: '4000',
        FACET_CAPTURE_REQUEST_TOKENS: '256',
        FACET_CAPTURE_CONCURRENCY: '1',
      },
    });
    clients = createClients(system.addresses);
    await captureSet(clients, 'tiny', 100_000);
    expect((await trainSae(clients, 'tiny', 256)).error).toBeUndefined();
  }, 120_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test('a capture goes on after NATS was killed in the middle of it, and loses and doubles nothing', async () => {
    await clients.activationSets.createActivationSet(
      setRequest('disturbed', { tokens: TOKENS, partitionTokens: PARTITION_TOKENS }),
    );
    await untilCapturing(clients, 'disturbed', PARTITION_TOKENS);
    await system.nats.kill();
    const refusals = await Promise.all(createUnqueued().map((call) => call.catch((error) => error)));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        kind: 'unavailable',
        reason: 'NATS_NOT_REACHABLE',
        message: expect.stringContaining(`no NATS server answers at ${system.nats.url}`),
      });
    }
    await system.nats.start();
    const disturbed = await setEnd(clients, 'disturbed');
    expect(disturbed.error).toBeUndefined();
    expect(disturbed.state).toBe('ACTIVATION_SET_STATE_ACTIVE');

    await clients.activationSets.createActivationSet(
      setRequest('undisturbed', { tokens: TOKENS, partitionTokens: PARTITION_TOKENS }),
    );
    await setEnd(clients, 'undisturbed');
    expect(await shardHashes('disturbed')).toEqual(await shardHashes('undisturbed'));
    const left = (await filesIn(system.objectsUrl)).filter((key) => /unqueued|^\.tmp/.test(key));
    expect(left).toEqual([]);
  }, 120_000);

  test('an index is complete after ClickHouse was killed in the middle of it', async () => {
    await index('disturbed');
    await untilIndexing(clients, 'disturbed');
    await system.clickhouse.kill();
    await expect(clients.features.listFeatures({ parent: 'saes/tiny' })).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'CLICKHOUSE_UNAVAILABLE',
      message: expect.stringContaining(`ClickHouse at ${system.clickhouse.url.replace(/\/\/.*@/, '//')}`),
    });
    await system.clickhouse.start();
    const disturbed = await indexEnd('disturbed');
    expect(disturbed.error).toBeUndefined();
    const counts = await firingCounts();
    expect(counts.reduce((a, b) => a + b)).toBe(disturbed.summary?.events);

    await index('undisturbed');
    expect((await indexEnd('undisturbed')).summary?.events).toBe(disturbed.summary?.events);
    expect(await firingCounts()).toEqual(counts);
  }, 120_000);

  test('services do not start without NATS: they try for a while, then name the address in one line', async () => {
    const env = { FACET_OBJECTS_URL: system.objectsUrl, FACET_EVENTS_URL: NOBODY };
    const services = ['capture', 'training', 'features'] as const;
    const ends = await Promise.all(services.map((service) => runProcess(serviceCommand(service, env))));
    for (const { stderr, exitCode, seconds } of ends) {
      expect(stderr).toMatch(/^cannot open the event bus .*: no NATS server answers at \S+:1\n$/);
      expect(exitCode).toBe(EXIT_CODES.UNAVAILABLE);
      expect(seconds).toBeGreaterThan(5);
    }
  }, 60_000);

  function createUnqueued(): Promise<unknown>[] {
    const training = { activationSets: ['activationSets/tiny'], sae: 'saes/unqueued', dSae: 128 };
    return [
      clients.activationSets.createActivationSet(setRequest('unqueued', { tokens: 1000 })),
      clients.trainingRuns.createTrainingRun({
        trainingRunId: 'unqueued',
        spec: { ...training, recipe: { $case: 'topk', value: { k: 8 } } },
      }),
      index('unqueued'),
    ];
  }

  async function shardHashes(id: string): Promise<string[]> {
    const { manifest } = await openActivationSet(openObjectStore(system.objectsUrl), id);
    expect(manifest.body.rows).toBe(TOKENS);
    return manifest.body.shards.map(({ file }) => manifest.files[file]!.sha256);
  }

  function index(indexingRunId: string) {
    const spec = { sae: 'saes/tiny', activationSet: 'activationSets/tiny' };
    return clients.indexingRuns.createIndexingRun({ indexingRunId, spec });
  }

  async function indexEnd(id: string) {
    const events = clients.indexingRuns.watchIndexingRun({ name: `indexingRuns/${id}` });
    return (await last(events)).indexingRun!;
  }

  async function firingCounts(): Promise<bigint[]> {
    const { features } = await clients.features.listFeatures({ parent: 'saes/tiny', pageSize: 1000 });
    return features.map(({ firingCount }) => firingCount);
  }
});
