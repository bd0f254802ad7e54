import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { ActivationSetServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { type Clients, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { filesIn } from './system/store-listing.ts';
import { type System, startSystem } from './system/system.ts';
import { captureSet, setEnd, setRequest, trainSae } from './system/tiny-way.ts';

const STATE_DOCUMENTS =
  /\/((run|set|started|plan|claim|outcome|progress|metrics|evaluation)|leases\/\d+)\.json$/;
/** A process that may write no file of more than 32 KiB: state documents fit, tensors do not. */
const NO_LARGE_FILES = ['sh', '-c', 'ulimit -f 64 && exec "$0" "$@"'];

describeWithModels('on a full disk', () => {
  let system: System;
  let clients: Clients;

  beforeAll(async () => {
    system = await startSystem({
      models: [MODEL_DIRECTORY],
      serviceEnv: { capture: { FACET_CAPTURE_ROLES: 'api' }, training: { FACET_TRAINING_ROLES: 'api' } },
    });
    clients = createClients(system.addresses);
  }, 120_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test('a capture fails with DISK_FULL, leaves nothing to read, and works again elsewhere', async () => {
    const full = await system.startService('capture', {
      env: { FACET_CAPTURE_ROLES: 'worker' },
      wrapper: NO_LARGE_FILES,
    });
    await clients.activationSets.createActivationSet(setRequest('full', { tokens: 8192 }));
    const set = await setEnd(clients, 'full');
    expect(set.state).toBe('ACTIVATION_SET_STATE_FAILED');
    expect(set.error).toMatchObject({ reason: 'DISK_FULL', message: spaceFor(/activationSets\/full\//) });
    await full.end();
    await nothingToRead(system.objectsUrl, 'activationSets/full/');
    await expect(
      last(clients.activationSets.readActivations({ name: 'activationSets/full' })),
    ).rejects.toMatchObject({
      kind: 'precondition',
    });

    await system.startService('capture', { env: { FACET_CAPTURE_ROLES: 'worker' } });
    await captureSet(clients, 'tiny', 8192);
  }, 60_000);

  test('a training run fails with DISK_FULL and publishes no SAE', async () => {
    await system.startService('training', {
      env: { FACET_TRAINING_ROLES: 'worker' },
      wrapper: NO_LARGE_FILES,
    });
    const run = await trainSae(clients, 'tiny', 256);
    expect(run.state).toBe('TRAINING_RUN_STATE_FAILED');
    expect(run.error).toMatchObject({ reason: 'DISK_FULL', message: spaceFor(/saes\/tiny\//) });
    await expect(clients.saes.getSae({ name: 'saes/tiny' })).rejects.toMatchObject({ kind: 'not-found' });
    await nothingToRead(system.objectsUrl, 'saes/');
    await nothingToRead(system.objectsUrl, 'trainingRuns/');
  }, 60_000);

  test('a capture ends also where there is not a byte left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'facet-full-'));
    const namespace = ['unshare', '--map-root-user', '--mount', 'sh', '-c'];
    const mount = `mount -t tmpfs -o size=1m tmpfs '${folder}'`;
    const [command, ...args] = [...namespace, mount];
    const isAllowed = await promisify(execFile)(command!, args).then(
      () => true,
      () => false,
    );
    if (!isAllowed) return console.warn('SKIPPED: this machine lets nobody mount a small file system');
    // A bus of its own, so that no worker beside it takes the job.
    const capture = await system.startService('capture', {
      env: { FACET_OBJECTS_URL: pathToFileURL(folder).href, FACET_EVENTS_URL: 'memory:' },
      wrapper: [...namespace, `${mount} && exec "$0" "$@"`],
    });
    const connection = connect(capture.ready);
    const client = createServiceClient(ActivationSetServiceDefinition, connection);
    await client.createActivationSet(setRequest('full', { tokens: 100_000 }));
    const { activationSet } = await last(client.watchActivationSet({ name: 'activationSets/full' }));
    expect(activationSet).toMatchObject({
      state: 'ACTIVATION_SET_STATE_FAILED',
      error: { reason: 'DISK_FULL', message: spaceFor(/activationSets\/full\/.*ENOSPC/) },
    });
    const seenFromHere = pathToFileURL(`/proc/${capture.pid}/root${folder}`).href;
    await nothingToRead(seenFromHere, 'activationSets/full/');
    connection.close();
    await capture.end();
    await rm(folder, { recursive: true });
  }, 60_000);
});

function spaceFor(path: RegExp) {
  return expect.stringMatching(
    new RegExp(`^no space for the \\d+ bytes of .*${path.source}.*; free some and retry$`),
  );
}

/** Waits until nothing below `prefix`, nor any temporary file, is left but documents of state. */
async function nothingToRead(objectsUrl: string, prefix: string): Promise<void> {
  const giveUpMs = Date.now() + 10_000;
  for (;;) {
    const files = await filesIn(objectsUrl);
    const left = files.filter(
      (key) => key.startsWith('.tmp/') || (key.startsWith(prefix) && !STATE_DOCUMENTS.test(key)),
    );
    if (left.length === 0) return;
    if (Date.now() > giveUpMs) throw new Error(`${fileURLToPath(objectsUrl)} still holds ${left.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
