import { openActivationSet } from '@facet/artifacts';
import type { ActivationSet } from '@facet/contracts';
import { openObjectStore } from '@facet/objects';
import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { CORPUS, MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';

const PARTITION_TOKENS = 8192;
const PARTITIONS = 4;
const decoder = new TextDecoder();

describeWithModels('a capture worker that is killed', () => {
  let system: System;
  let clients: Clients;

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      serviceEnv: { capture: { FACET_CAPTURE_ROLES: 'api' } },
      env: {
        FACET_EVENTS_ACK_WAIT_MS: '2000',
        FACET_CAPTURE_REQUEST_TOKENS: '256',
        FACET_CAPTURE_CONCURRENCY: '1',
      },
    });
    clients = createClients(system.addresses);
  }, 120_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test('loses nothing: its partition is redone once and only once, with the same rows', async () => {
    const victim = await startWorker('victim');
    await createSet('disturbed');
    await watchUntil('disturbed', insidePartition);
    await victim.end('SIGKILL');
    await startWorker('successor');
    const disturbed = await last(
      clients.activationSets.watchActivationSet({ name: 'activationSets/disturbed' }),
    );
    expect(disturbed.activationSet?.state).toBe('ACTIVATION_SET_STATE_ACTIVE');

    const records = await partitionRecords('disturbed');
    expect(records).toHaveLength(PARTITIONS);
    expect(records.filter(({ attempt }) => attempt === 2)).toHaveLength(1);
    expect(records.filter(({ attempt }) => attempt > 2)).toHaveLength(0);
    for (const { attempt, worker } of records) if (attempt > 1) expect(worker).toBe('successor');

    await createSet('undisturbed');
    await last(clients.activationSets.watchActivationSet({ name: 'activationSets/undisturbed' }));
    expect(await shardHashes('disturbed')).toEqual(await shardHashes('undisturbed'));
  }, 120_000);

  function startWorker(name: string) {
    const env = { FACET_CAPTURE_ROLES: 'worker', FACET_CAPTURE_WORKER_ID: name };
    return system.startService('capture', { env });
  }

  function createSet(id: string) {
    return clients.activationSets.createActivationSet({
      activationSetId: id,
      spec: {
        model: 'models/stories260k',
        hookPoint: 'blocks.2.hook_resid_post',
        maxTokens: BigInt(PARTITIONS * PARTITION_TOKENS),
        contextTokens: 128,
        partitionTokens: PARTITION_TOKENS,
        corpus: { uri: CORPUS, format: { $case: 'plainText', value: {} } },
      },
    });
  }

  async function watchUntil(id: string, reached: (set: ActivationSet) => boolean) {
    const name = `activationSets/${id}`;
    for await (const { activationSet } of clients.activationSets.watchActivationSet({ name }))
      if (activationSet && reached(activationSet)) return;
    throw new Error(`${name} ended before it was disturbed`);
  }

  async function partitionRecords(id: string): Promise<{ attempt: number; worker: string }[]> {
    const store = openObjectStore(system.objectsUrl);
    const records = [];
    const { manifest } = await openActivationSet(store, id);
    for await (const { key } of store.list(`activationSets/${id}/${manifest.folder}/partitions`)) {
      records.push(JSON.parse(decoder.decode(await store.read(key))));
    }
    return records;
  }

  async function shardHashes(id: string): Promise<string[]> {
    const { manifest } = await openActivationSet(openObjectStore(system.objectsUrl), id);
    expect(manifest.body.rows).toBe(PARTITIONS * PARTITION_TOKENS);
    return manifest.body.shards.map(({ file }) => manifest.files[file]!.sha256);
  }
});

/** Whether some partition has begun and is not at its end, so that whoever runs it can be killed in the middle. */
function insidePartition({ state, progress }: ActivationSet): boolean {
  const done = Number(progress?.done ?? 0n);
  return (
    state === 'ACTIVATION_SET_STATE_CAPTURING' &&
    progress?.stage === 'capturing' &&
    done % PARTITION_TOKENS > 0
  );
}
