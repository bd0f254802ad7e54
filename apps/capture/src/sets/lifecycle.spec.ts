import { activationSetPrefix, partitionFile } from '@facet/artifacts';
import { writeJson } from '@facet/objects';
import { partitionJob, planJob, QUEUE } from '../jobs/jobs.ts';
import {
  type CaptureClient,
  type CaptureSetup,
  capture,
  dataFolders,
  finalState,
  setUpCapture,
  tinySpec,
} from '../testing/capture-setup.ts';
import { createSetStore } from './set-store.ts';

let setup: CaptureSetup;
let api: CaptureClient;
let uri: string;

beforeAll(async () => {
  setup = await setUpCapture();
  api = await setup.start({ roles: ['api'] });
  uri = await setup.corpus('text.txt', 'abcdefg|'.repeat(40));
}, 60_000);
afterAll(() => setup?.close(), 30_000);

const create = (activationSetId: string, more: object = {}) =>
  api.client.createActivationSet({ activationSetId, spec: tinySpec(uri), ...more });
const state = async (id: string) =>
  (await api.client.getActivationSet({ name: `activationSets/${id}` })).activationSet?.state;
const sets = () => createSetStore(setup.store);

/** Runs all queued jobs with a worker of its own, until none is left. */
async function work(overrides: Parameters<CaptureSetup['start']>[0] = {}): Promise<void> {
  const worker = await setup.start({ roles: ['worker'], ...overrides });
  await until(async () => {
    const { pending, active } = await setup.bus.queueDepth(QUEUE);
    return pending + active === 0;
  });
  await worker.stop();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('CreateActivationSet', () => {
  test('answers at once with a set that waits for a worker', async () => {
    const { activationSet } = await create('waits');
    expect(activationSet).toMatchObject({
      name: 'activationSets/waits',
      state: 'ACTIVATION_SET_STATE_PENDING',
    });
    expect(activationSet?.spec).toMatchObject({
      contextTokens: 8,
      partitionTokens: 16,
      dtype: 'DATA_TYPE_F16',
    });
    await work();
    expect(await state('waits')).toBe('ACTIVATION_SET_STATE_ACTIVE');
  });

  test('gives a repeated request the same set, also after it ended', async () => {
    const request = { requestId: 'r-1', spec: tinySpec(uri) };
    const { activationSet: first } = await api.client.createActivationSet(request);
    const { activationSet: second } = await api.client.createActivationSet(request);
    expect(second?.name).toBe(first?.name);
    await work();
    const { activationSet: third } = await api.client.createActivationSet(request);
    expect(third).toMatchObject({ name: first?.name, state: 'ACTIVATION_SET_STATE_ACTIVE' });
    expect(await setup.bus.queueDepth(QUEUE)).toEqual({ pending: 0, active: 0 });
    const other = { ...request, spec: tinySpec(uri, { contextTokens: 4 }) };
    await expect(api.client.createActivationSet(other)).rejects.toThrow('with another content');
  });

  test('refuses an id that is taken', async () => {
    await create('taken', { requestId: 'a' });
    await expect(create('taken')).rejects.toMatchObject({ kind: 'exists' });
    await expect(create('taken', { requestId: 'b' })).rejects.toThrow('activationSets/taken exists already');
    await work();
  });
});

describe('CancelActivationSet', () => {
  test('ends a set that waits; its job then does nothing', async () => {
    await create('cancel-early');
    const { activationSet } = await api.client.cancelActivationSet({ name: 'activationSets/cancel-early' });
    expect(activationSet?.state).toBe('ACTIVATION_SET_STATE_CANCELLED');
    await work();
    expect(await state('cancel-early')).toBe('ACTIVATION_SET_STATE_CANCELLED');
    expect(await dataFolders(setup.store, 'cancel-early')).toEqual([]);
  });

  test('stops a capture in the middle and removes what was written', async () => {
    const long = await setup.corpus('long.txt', 'abcdefg|'.repeat(200_000));
    await create('cancel-late', { spec: tinySpec(long, { partitionTokens: 4096 }) });
    const worker = await setup.start({ roles: ['worker'] });
    const name = 'activationSets/cancel-late';
    for await (const { activationSet } of api.client.watchActivationSet({ name })) {
      if (activationSet!.progress!.done > 0n) break;
    }
    await api.client.cancelActivationSet({ name });
    expect((await finalState(api.client, 'cancel-late')).state).toBe('ACTIVATION_SET_STATE_CANCELLED');
    await until(async () => {
      const { pending, active } = await setup.bus.queueDepth(QUEUE);
      return pending + active === 0;
    });
    await worker.stop();
    expect(await dataFolders(setup.store, 'cancel-late')).toEqual([]);
    expect(await state('cancel-late')).toBe('ACTIVATION_SET_STATE_CANCELLED');
  }, 60_000);

  test('leaves an ACTIVE set as it is', async () => {
    const { activationSet } = await api.client.cancelActivationSet({ name: 'activationSets/waits' });
    expect(activationSet?.state).toBe('ACTIVATION_SET_STATE_ACTIVE');
    await expect(api.client.cancelActivationSet({ name: 'activationSets/none' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('DeleteActivationSet', () => {
  test('removes a set that ended; its id can be used again', async () => {
    await create('again');
    await expect(api.client.deleteActivationSet({ name: 'activationSets/again' })).rejects.toMatchObject({
      kind: 'precondition',
      message: expect.stringContaining('cancel it first'),
    });
    await work();
    await api.client.deleteActivationSet({ name: 'activationSets/again' });
    expect(await sets().ids()).not.toContain('again');
    await expect(api.client.deleteActivationSet({ name: 'activationSets/again' })).rejects.toMatchObject({
      kind: 'not-found',
    });
    await create('again', { spec: tinySpec(uri, { maxTokens: 9n }) });
    await work();
    const { activationSet } = await api.client.getActivationSet({ name: 'activationSets/again' });
    expect(activationSet?.summary?.rows).toBe(9n);
  });

  test('makes the jobs of the deleted set do nothing to its successor', async () => {
    await create('reborn');
    const before = await sets().read('reborn');
    await api.client.cancelActivationSet({ name: 'activationSets/reborn' });
    await api.client.deleteActivationSet({ name: 'activationSets/reborn' });
    await setup.bus.enqueue(QUEUE, partitionJob(before, 3));
    await work();
    expect(await sets().ids()).not.toContain('reborn');
    await create('reborn');
    await setup.bus.enqueue(QUEUE, partitionJob(before, 7));
    await work();
    expect(await state('reborn')).toBe('ACTIVATION_SET_STATE_ACTIVE');
  });
});

describe('ListActivationSets', () => {
  test('gives all sets by name, page by page', async () => {
    const names: string[] = [];
    let pageToken = '';
    let pages = 0;
    do {
      const page = await api.client.listActivationSets({ pageSize: 2, pageToken });
      expect(page.activationSets.length).toBeLessThanOrEqual(2);
      names.push(...page.activationSets.map(({ name }) => name));
      pageToken = page.nextPageToken;
      pages++;
    } while (pageToken !== '');
    expect(names).toEqual((await sets().ids()).map((id) => `activationSets/${id}`));
    expect(names.length).toBeGreaterThan(4);
    expect(pages).toBe(Math.ceil(names.length / 2));
    await expect(api.client.listActivationSets({ pageToken: 'x' })).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

describe('jobs that are delivered again', () => {
  test('change nothing about a set that is ACTIVE', async () => {
    await create('twice');
    const record = await sets().read('twice');
    await work();
    const files = async () => {
      const found: Record<string, string> = {};
      for await (const { key } of setup.store.list(activationSetPrefix('twice')))
        found[key] = Buffer.from(await setup.store.read(key)).toString('base64');
      return found;
    };
    const before = await files();
    for (const job of [planJob(record), partitionJob(record, 0), partitionJob(record, 1)])
      await setup.bus.enqueue(QUEUE, { ...job, id: `${job.id}-again` });
    await work();
    expect(await files()).toEqual(before);
    expect(await setup.bus.deadLetters(QUEUE)).toEqual([]);
  });

  test('finish a set whose finisher died between the outcome and the manifest', async () => {
    await create('half');
    const record = await sets().read('half');
    await work();
    await setup.store.delete('activationSets/half/manifest.json');
    expect(await state('half')).toBe('ACTIVATION_SET_STATE_CAPTURING');
    await setup.bus.enqueue(QUEUE, partitionJob(record, 0));
    await work();
    expect(await state('half')).toBe('ACTIVATION_SET_STATE_ACTIVE');
  });

  test('fail a set whose corpus changed since another worker captured a part of it', async () => {
    await create('changed');
    const record = await sets().read('changed');
    const { uid } = record;
    const stale = {
      uid,
      partition: 0,
      rows: 16,
      specialRows: 2,
      normSum: 1,
      file: 'shards/00000.safetensors',
      bytes: 1,
      sha256: '',
      worker: 'w',
      attempt: 1,
    };
    const times = { startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-01T00:00:01Z' };
    const { folder } = sets().capture(record);
    await writeJson(setup.store, `activationSets/changed/${folder}/${partitionFile(0)}`, {
      ...stale,
      ...times,
      inputSha256: 'of other text',
    });
    await work();
    const set = await finalState(api.client, 'changed');
    expect(set.state).toBe('ACTIVATION_SET_STATE_FAILED');
    expect(set.error?.reason).toBe('CORPUS_CHANGED');
    expect(await dataFolders(setup.store, 'changed')).toEqual([]);
  });
});

describe('a worker', () => {
  test('tries again while inference is not there, and leaves the job to others when it is stopped', async () => {
    await create('patient');
    const lost = await setup.start({ roles: ['worker'], inferenceAddress: '127.0.0.1:1' });
    await until(async () => (await state('patient')) === 'ACTIVATION_SET_STATE_CAPTURING');
    await lost.stop();
    expect(await state('patient')).toBe('ACTIVATION_SET_STATE_CAPTURING');
    await work();
    expect(await state('patient')).toBe('ACTIVATION_SET_STATE_ACTIVE');
  }, 60_000);

  test('reads no corpus outside of its folder', async () => {
    const root = setup.folder;
    await create('outside', { spec: tinySpec('/etc/hostname') });
    await work({ corpusRoots: [root] });
    expect((await finalState(api.client, 'outside')).error).toMatchObject({ reason: 'CORPUS_OUTSIDE_ROOT' });
  });

  test('shares the work of one set with others', async () => {
    const text = await setup.corpus('shared.txt', 'abcdefg|'.repeat(2000));
    const workers = [
      await setup.start({ roles: ['worker'], workerId: 'one' }),
      await setup.start({ roles: ['worker'], workerId: 'two' }),
    ];
    const set = await capture(api.client, 'shared', tinySpec(text, { partitionTokens: 512 }));
    for (const worker of workers) await worker.stop();
    expect(set.summary).toMatchObject({ rows: 16_000n, shards: 32 });
    const own = sets().capture(await sets().read('shared'));
    const records = await Promise.all((await own.committed()).map((number) => own.partition(number)));
    expect(new Set(records.map((record) => record?.worker))).toEqual(new Set(['one', 'two']));
    expect(records.every((record) => record?.attempt === 1)).toBe(true);
  }, 60_000);
});
