import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openActivationSet } from '@facet/artifacts';
import { ActivationSetServiceDefinition } from '@facet/contracts';
import { openEventBus } from '@facet/events';
import { connect, createServiceClient } from '@facet/mesh';
import { openObjectStore, verifyManifest } from '@facet/objects';
import { readCaptureConfig } from '../config.ts';
import { createSetStore } from '../sets/set-store.ts';
import { capture, finalState, type SetClient, startClient, tinySpec } from '../testing/capture-setup.ts';
import { type ReadyProcess, startApp, startNats } from '../testing/child-process.ts';
import { writeTinyModel } from '../testing/tiny-model.ts';

const hasNats = spawnSync('nats-server', ['--version']).status === 0;
if (!hasNats) console.warn('SKIPPED: nats-server is not installed (apt-get install nats-server)');
const describeWithNats = hasNats ? describe : describe.skip;

describeWithNats('capture over NATS', () => {
  const processes: ReadyProcess[] = [];
  let folder: string;
  let env: Record<string, string>;
  let client: SetClient;
  let close: () => void;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-killed-'));
    const model = join(folder, 'tiny');
    await mkdir(model);
    await writeTinyModel(model);
    await writeFile(join(folder, 'corpus.txt'), 'abcdefg|'.repeat(12_000));
    const keep = async (started: Promise<ReadyProcess>) => {
      processes.push(await started);
      return processes.at(-1)!.ready;
    };
    env = {
      FACET_OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
      FACET_EVENTS_URL: await keep(startNats(join(folder, 'nats'))),
      FACET_EVENTS_ACK_WAIT_MS: '1500',
      FACET_CAPTURE_REQUEST_TOKENS: '256',
      FACET_CORPUS_ROOT: folder,
      FACET_INFERENCE_ADDRESS: await keep(startApp('inference', { FACET_MODELS: model })),
    };
    const connection = connect(await keep(startApp('capture', { ...env, FACET_CAPTURE_ROLES: 'api' })));
    client = createServiceClient(ActivationSetServiceDefinition, connection);
    close = connection.close;
  }, 60_000);

  afterAll(async () => {
    close?.();
    for (const one of processes.toReversed()) await one.end();
    await rm(folder, { recursive: true, force: true });
  }, 30_000);

  const startWorker = async (id: string) => {
    const worker = await startApp('capture', {
      ...env,
      FACET_CAPTURE_ROLES: 'worker',
      FACET_CAPTURE_WORKER_ID: id,
    });
    processes.push(worker);
    return worker;
  };
  const spec = () => tinySpec(join(folder, 'corpus.txt'), { partitionTokens: 4096 });

  test('loses nothing when workers are killed: the set equals an undisturbed one', async () => {
    await client.createActivationSet({ activationSetId: 'disturbed', spec: spec() });
    // Killed while it plans, while the first partitions are captured, and near the end.
    for (const [i, rows] of [1n, 20_000n, 60_000n].entries()) {
      const victim = await startWorker(`victim-${i}`);
      for await (const { activationSet } of client.watchActivationSet({ name: 'activationSets/disturbed' }))
        if (activationSet!.progress!.done >= rows || activationSet!.summary) break;
      await victim.end('SIGKILL');
    }
    await startWorker('survivor');
    const set = await finalState(client, 'disturbed');
    expect(set.error).toBeUndefined();
    expect(set.summary).toMatchObject({ rows: 96_000n, documents: 12_000n, shards: 24 });
    await capture(client, 'undisturbed', spec());

    const store = openObjectStore(env.FACET_OBJECTS_URL!);
    await verifyManifest(store, 'activationSets/disturbed');
    const [disturbed, undisturbed] = [
      await openActivationSet(store, 'disturbed'),
      await openActivationSet(store, 'undisturbed'),
    ];
    expect(disturbed.manifest.files).toEqual(undisturbed.manifest.files);
    expect(disturbed.manifest.lineage).toEqual(undisturbed.manifest.lineage);

    const sets = createSetStore(store);
    const own = sets.capture(await sets.read('disturbed'));
    expect(await own.committed()).toEqual(Array.from({ length: 24 }, (_, i) => i));
    const workers = new Set<string>();
    for (const number of await own.committed()) workers.add((await own.partition(number))!.worker);
    expect(workers.size).toBeGreaterThan(1);
    expect(workers).toContain('survivor');
  }, 120_000);

  test('a set whose job cannot be queued is not left behind', async () => {
    const bus = await openEventBus({ url: env.FACET_EVENTS_URL! });
    const config = { ...readCaptureConfig({ ...env, FACET_CAPTURE_ROLES: 'api' }), port: 0 };
    const cutOff = await startClient(config, bus);
    await bus.close();
    const request = { activationSetId: 'unqueued', spec: spec() };
    await expect(cutOff.client.createActivationSet(request)).rejects.toThrow();
    await cutOff.stop();
    expect(await createSetStore(openObjectStore(env.FACET_OBJECTS_URL!)).ids()).not.toContain('unqueued');
  }, 60_000);
});
