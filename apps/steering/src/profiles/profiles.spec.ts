import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openObjectStore } from '@facet/objects';
import { readSteeringConfig } from '../config.ts';
import { writePlainSae } from '../testing/fixture.ts';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process.ts';
import { editOf, serveSteering } from '../testing/steering-system.ts';

describe('steering profiles', () => {
  let folder: string;
  let training: ServiceProcess;
  let served: Awaited<ReturnType<typeof serveSteering>>;
  const edits = [editOf('a/3', { $case: 'clamp', value: 5 }), editOf('a/4', { $case: 'ablate', value: {} })];
  const profile = { displayName: 'Bridge', description: 'It is one.', model: 'models/m', edits };

  const configOf = () =>
    readSteeringConfig({
      FACET_STEERING_LISTEN: '127.0.0.1:0',
      FACET_OBJECTS_URL: pathToFileURL(folder).href,
      FACET_TRAINING_ADDRESS: training.address,
    });
  const storeOf = () => openObjectStore(pathToFileURL(folder).href);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-steering-'));
    training = await startServiceProcess('training', {
      FACET_TRAINING_LISTEN: '127.0.0.1:0',
      FACET_OBJECTS_URL: pathToFileURL(folder).href,
    });
  }, 60_000);

  beforeEach(async () => {
    await writePlainSae(storeOf(), 'a');
    served = await serveSteering(configOf());
  });

  afterEach(async () => {
    await served.stop();
    for (const kept of ['steeringProfiles', 'saes']) await storeOf().deletePrefix(kept);
  });

  afterAll(async () => {
    await training?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const create = async (steeringProfileId: string, more: object = {}, requestId = '') => {
    const request = { steeringProfileId, steeringProfile: { ...profile, ...more }, requestId };
    return (await served.client.createSteeringProfile(request)).steeringProfile!;
  };
  const get = async (id: string) =>
    (await served.client.getSteeringProfile({ name: `steeringProfiles/${id}` })).steeringProfile!;
  const update = async (steeringProfile: object, updateMask: string[]) =>
    (await served.client.updateSteeringProfile({ steeringProfile, updateMask })).steeringProfile!;

  test('are kept as they were created, also by the next process', async () => {
    const created = await create('bridge');
    expect(created).toMatchObject({
      name: 'steeringProfiles/bridge',
      displayName: 'Bridge',
      model: 'models/m',
    });
    expect(created.edits.map(({ feature, mode }) => [feature, mode])).toEqual(
      edits.map(({ feature, mode }) => [feature, mode]),
    );
    await served.stop();
    served = await serveSteering(configOf());
    expect(await get('bridge')).toEqual(created);
  });

  test('name the SAEs that their edits were made for; new edits name them anew', async () => {
    const first = await create('bridge');
    const [pinned] = first.saes;
    expect(first.saes).toEqual([{ sae: 'saes/a', saeSha256: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    await storeOf().deletePrefix('saes/a');
    await writePlainSae(storeOf(), 'a', { rows: 'reversed' });
    expect((await update({ name: first.name, displayName: 'New' }, ['display_name'])).saes).toEqual([pinned]);
    const renewed = await update({ name: first.name, edits }, ['edits']);
    expect(renewed.saes).toEqual([
      { sae: 'saes/a', saeSha256: expect.not.stringMatching(pinned!.saeSha256) },
    ]);
    await expect(
      create('other', { edits: [editOf('none/3', { $case: 'clamp', value: 5 })] }),
    ).rejects.toMatchObject({ kind: 'not-found', message: 'saes/none does not exist' });
  });

  test('are created once by one request_id, and not over another', async () => {
    const first = await create('bridge', {}, 'r1');
    expect(await create('bridge', {}, 'r1')).toEqual(first);
    const taken = { kind: 'exists', message: expect.stringContaining('steeringProfiles/bridge') };
    await expect(create('bridge', { displayName: 'Other' }, 'r1')).rejects.toMatchObject(taken);
    await expect(create('bridge', {}, 'r2')).rejects.toMatchObject(taken);
    await expect(create('bridge')).rejects.toMatchObject(taken);
  });

  test('change only in the fields of the mask, and only from the state that was read', async () => {
    const first = await create('bridge');
    const changed = await update(
      { name: first.name, etag: first.etag, displayName: 'New', description: 'dropped' },
      ['display_name'],
    );
    expect(changed).toMatchObject({
      displayName: 'New',
      description: 'It is one.',
      createTime: first.createTime,
    });
    expect(changed.etag).not.toBe(first.etag);
    await expect(
      update({ name: first.name, etag: first.etag, displayName: 'Lost' }, ['display_name']),
    ).rejects.toMatchObject({ kind: 'aborted', reason: 'ETAG_MISMATCH' });
    expect(await get('bridge')).toEqual(changed);
  });

  test('of two updates from one state exactly one wins', async () => {
    const { name, etag } = await create('bridge');
    const outcomes = await Promise.allSettled(
      ['x', 'y', 'z'].map((displayName) => update({ name, etag, displayName }, ['display_name'])),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test.each([
    [[], 'update_mask'],
    [['model'], 'update_mask'],
    [['constructor'], 'update_mask'],
    [['edits'], 'steering_profile.edits'],
  ])('refuse an update of %j', async (mask, field) => {
    const { name } = await create('bridge');
    await expect(update({ name, edits: [] }, mask)).rejects.toMatchObject({ kind: 'invalid', field });
  });

  test.each([
    ['Bridge', {}, 'steering_profile_id'],
    ['a', { displayName: 'x'.repeat(201) }, 'steering_profile.display_name'],
    ['a', { description: 'x'.repeat(4001) }, 'steering_profile.description'],
    ['a', { model: 'gpt' }, 'steering_profile.model'],
    ['a', { edits: [edits[0], edits[0]] }, 'steering_profile.edits[1].feature'],
  ])('refuse the id %p with %j', async (id, more, field) => {
    await expect(create(id, more)).rejects.toMatchObject({ kind: 'invalid', field });
    expect((await served.client.listSteeringProfiles({})).steeringProfiles).toEqual([]);
  });

  test('are listed by name, page by page', async () => {
    for (const id of ['b', 'a-b', 'a', 'c']) await create(id);
    const names: string[][] = [];
    let pageToken = '';
    do {
      const page = await served.client.listSteeringProfiles({ pageSize: 2, pageToken });
      names.push(page.steeringProfiles.map(({ name }) => name.replace('steeringProfiles/', '')));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(names).toEqual([
      ['a', 'a-b'],
      ['b', 'c'],
    ]);
  });

  test('are gone when they were deleted', async () => {
    const { name } = await create('bridge');
    await served.client.deleteSteeringProfile({ name });
    await expect(get('bridge')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(served.client.deleteSteeringProfile({ name })).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('that were damaged are named', async () => {
    await create('bridge');
    await storeOf().write('steeringProfiles/bridge.json', Buffer.from('{'));
    await expect(get('bridge')).rejects.toMatchObject({
      kind: 'data-loss',
      message: expect.stringContaining('steeringProfiles/bridge.json'),
    });
  });
});
