import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { indexDump } from '@facet/feature-index/testing';
import { type RunningProcess, startProcess } from './system/child-process.ts';
import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { type Peer, startClickhouse } from './system/peers.ts';
import { MODEL_DIRECTORY, REPOSITORY, SHARED } from './system/repository.ts';
import type { Service } from './system/system.ts';
import { captureSet, trainSae } from './system/tiny-way.ts';

const TIMEOUT_MS = 600_000;
const SERVICES = ['inference', 'capture', 'training', 'features', 'steering'];

describeWithModels('facet up that is killed in the middle of an indexing', () => {
  let folder: string;
  let clickhouse: Peer;
  let up: RunningProcess<Readonly<Record<Service, string>>> | undefined;
  let clients: Clients | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-up-'));
    clickhouse = await startClickhouse(join(folder, 'clickhouse'));
  }, TIMEOUT_MS);

  afterAll(async () => {
    clients?.close();
    await up?.end();
    await clickhouse?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function start(): Promise<Clients> {
    clients?.close();
    const listen = SERVICES.map((service) => [`FACET_${service.toUpperCase()}_LISTEN`, '127.0.0.1:0']);
    const args = ['up', '--model', MODEL_DIRECTORY, '--corpora', join(SHARED, 'data'), '--data-dir', folder];
    up = await startProcess({
      command: process.execPath,
      args: [join(REPOSITORY, 'apps/cli/dist/main.js'), ...args, '--json'],
      env: {
        ...Object.fromEntries(listen),
        FACET_CLICKHOUSE_URL: clickhouse.url,
        FACET_CLICKHOUSE_RETRY_MS: String(TIMEOUT_MS),
      },
      readyWhen: (line) => (line.startsWith('{"addresses"') ? JSON.parse(line).addresses : undefined),
      timeoutMs: 120_000,
    });
    clients = createClients(up.ready);
    return clients;
  }

  const index = (client: Clients, indexingRunId: string) =>
    client.indexingRuns.createIndexingRun({
      indexingRunId,
      spec: { sae: 'saes/tiny', activationSet: 'activationSets/tiny' },
    });
  const stateOf = async (client: Clients, id: string) =>
    (await client.indexingRuns.getIndexingRun({ name: `indexingRuns/${id}` })).indexingRun!.state;
  const end = async (client: Clients, id: string) =>
    (await last(client.indexingRuns.watchIndexingRun({ name: `indexingRuns/${id}` }))).indexingRun!;

  test(
    'ends it after it is started again, with the index of an undisturbed run',
    async () => {
      const before = await start();
      await captureSet(before, 'tiny', 20_000);
      expect((await trainSae(before, 'tiny', 128)).error).toBeUndefined();
      await index(before, 'undisturbed');
      expect((await end(before, 'undisturbed')).error).toBeUndefined();
      const undisturbed = await indexDump(clickhouse.url, 'tiny');

      // ClickHouse does not answer: the run is in its middle as long as this takes.
      await clickhouse.kill();
      await index(before, 'killed');
      while ((await stateOf(before, 'killed')) !== 'INDEXING_RUN_STATE_RUNNING') await sleep(20);
      await up!.end('SIGKILL');
      await clickhouse.start();

      const after = await start();
      const run = await end(after, 'killed');
      expect(run.error).toBeUndefined();
      expect(run.state).toBe('INDEXING_RUN_STATE_SUCCEEDED');
      expect(await indexDump(clickhouse.url, 'tiny')).toEqual(undisturbed);
    },
    TIMEOUT_MS,
  );
});
