import { openActivationSet, readSaeManifest } from '@facet/artifacts';
import { indexDump } from '@facet/feature-index/testing';
import { openObjectStore, verifyManifest } from '@facet/objects';
import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';
import { beginTraining, captureSet, setEnd, setRequest, trainingEnd } from './system/tiny-way.ts';
import { untilCapturing, untilIndexing, untilTraining } from './system/under-way.ts';

const PARTITION_TOKENS = 4096;
const TOKENS = 6 * PARTITION_TOKENS;
const WORKERS = ['capture', 'training', 'features'] as const;
/** Rounds of every disturbance; `npm run test:kill` asks for more. */
const ROUNDS = Number(process.env.FACET_LOSSES ?? 1);
/** Far more than it takes: the machine may be busy. */
const TIMEOUT_MS = 600_000;

/** What is lost in the middle of the work, and given back. */
const LOSSES: [string, (system: System) => Promise<void>][] = [
  [
    'NATS is killed and its store wiped',
    async ({ nats }) => {
      await nats.kill();
      await nats.wipe();
      await nats.start();
    },
  ],
  [
    'every service is killed, and the queue wiped before they are back',
    async ({ nats, services }) => {
      await Promise.all(WORKERS.map((service) => services[service].end('SIGKILL')));
      await nats.kill();
      await nats.wipe();
      await nats.start();
      await Promise.all(WORKERS.map((service) => services[service].start()));
    },
  ],
];

describeWithModels('work in the middle of which everything is lost but the object store', () => {
  let system: System;
  let clients: Clients;
  let undisturbed: { set: object; sae: object; index: object };

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      env: { FACET_EVENTS_ACK_WAIT_MS: '1500', FACET_CAPTURE_REQUEST_TOKENS: '256' },
    });
    clients = createClients(system.addresses);
    await beginCapture('undisturbed');
    const set = await captured('undisturbed');
    await captureSet(clients, 'rows', 60_000);
    await beginTraining(clients, 'undisturbed', TRAINING);
    const sae = await trained('undisturbed');
    await beginIndexing('undisturbed');
    undisturbed = { set, sae, index: await indexed('undisturbed') };
  }, TIMEOUT_MS);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  describe.each(LOSSES)('when %s', (what, lose) => {
    const ids = Array.from(
      { length: ROUNDS },
      (_, round) => `${what.slice(0, 5).trim().toLowerCase()}-${round}`,
    );

    test.each(ids)(
      'a capture ends with the same set (%s)',
      async (id) => {
        await beginCapture(id);
        await untilCapturing(clients, id, PARTITION_TOKENS);
        await lose(system);
        expect(await captured(id)).toEqual(undisturbed.set);
      },
      TIMEOUT_MS,
    );

    test.each(ids)(
      'a training ends with the same SAE (%s)',
      async (id) => {
        await beginTraining(clients, id, TRAINING);
        await untilTraining(clients, id);
        await lose(system);
        expect(await trained(id)).toEqual(undisturbed.sae);
      },
      TIMEOUT_MS,
    );

    test.each(ids)(
      'an indexing ends with the same index (%s)',
      async (id) => {
        await beginIndexing(id);
        await untilIndexing(clients, id);
        await lose(system);
        expect(await indexed(id)).toEqual(undisturbed.index);
      },
      TIMEOUT_MS,
    );
  });

  const TRAINING = { dSae: 256, set: 'rows', tokens: 1_000_000 };

  async function beginCapture(id: string): Promise<void> {
    const request = setRequest(id, { tokens: TOKENS, partitionTokens: PARTITION_TOKENS });
    await clients.activationSets.createActivationSet(request);
  }

  async function captured(id: string): Promise<object> {
    const set = await ended(() => setEnd(clients, id));
    expect(set.error).toBeUndefined();
    const store = openObjectStore(system.objectsUrl);
    await verifyManifest(store, `activationSets/${id}`);
    const { files, lineage, body } = (await openActivationSet(store, id)).manifest;
    return { files, lineage, shards: body.shards, meanNorm: body.meanNorm };
  }

  async function trained(id: string): Promise<object> {
    const run = await ended(() => trainingEnd(clients, id));
    expect(run.error).toBeUndefined();
    const store = openObjectStore(system.objectsUrl);
    await verifyManifest(store, `saes/${id}`);
    return (await readSaeManifest(store, id)).manifest.files;
  }

  async function beginIndexing(indexingRunId: string): Promise<void> {
    const spec = { sae: 'saes/undisturbed', activationSet: 'activationSets/rows' };
    await clients.indexingRuns.createIndexingRun({ indexingRunId, spec });
  }

  async function indexed(id: string): Promise<object> {
    const name = `indexingRuns/${id}`;
    const { indexingRun } = await ended(() => last(clients.indexingRuns.watchIndexingRun({ name })));
    expect(indexingRun?.error).toBeUndefined();
    expect(indexingRun?.state).toBe('INDEXING_RUN_STATE_SUCCEEDED');
    return indexDump(system.clickhouse.url, 'undisturbed');
  }
});

/** Watches to the end; a service that was killed and is back is asked again. */
async function ended<T>(watch: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await watch();
    } catch (error) {
      if ((error as { kind?: string }).kind !== 'unavailable') throw error;
    }
  }
}
