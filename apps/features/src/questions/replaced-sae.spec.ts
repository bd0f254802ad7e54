import { createClient } from '@clickhouse/client';
import { createDeletedSaes, readSaeManifest } from '@facet/artifacts';
import { FeatureServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { createIndexTurns } from '../runs/index-turns.ts';
import { createRunStore } from '../runs/run-store.ts';
import { startFeatures } from '../service.ts';
import { type FeaturesSystem, startFeaturesSystem } from '../testing/features-system.ts';
import { anotherSae, CORPUS, writeSae } from '../testing/fixture.ts';
import { hasModel } from '../testing/inference-process.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const NAME = 'saes/random/features/7';
const PARENT = { parent: 'saes/random' };
type Method = keyof typeof FeatureServiceDefinition.methods;

/** A question of every method about `saes/random`, which answers once it is indexed. */
const QUESTIONS: Record<Method, object> = {
  getFeature: { name: NAME },
  listFeatures: PARENT,
  searchFeatures: { ...PARENT, query: 'a' },
  findFeatures: { ...PARENT, positiveTexts: [CORPUS[0]], negativeTexts: [CORPUS[2]] },
  activateText: { ...PARENT, text: CORPUS[0] },
  listExamples: { parent: NAME },
  updateFeature: { feature: { name: NAME, label: 'giraffes' }, updateMask: ['label'] },
};
const METHODS = Object.keys(FeatureServiceDefinition.methods) as Method[];

let system: FeaturesSystem;
const ask = (method: Method) => {
  const call = system.client[method] as (request: object) => Promise<object>;
  return call(QUESTIONS[method]);
};
const labelOf = async () => (await system.client.getFeature({ name: NAME })).feature!.label;
const kept = async () => {
  const client = createClient({ url: system.clickhouseUrl, log: { level: 127 } });
  const tables = ['events', 'features', 'examples', 'indexes', 'labels'];
  const counts = tables.map((table) => `(SELECT count() FROM facet.${table} WHERE sae = 'random')`);
  const result = await client.query({ query: `SELECT ${counts.join(' + ')} AS n`, format: 'JSONEachRow' });
  const [{ n }] = await result.json<{ n: string }>();
  await client.close();
  const labels: string[] = [];
  for await (const { key } of system.fixture.store.list('featureLabels/random')) labels.push(key);
  return { rows: Number(n), labels, notes: (await createDeletedSaes(system.fixture.store).list()).length };
};
const identityOf = async () => (await readSaeManifest(system.fixture.store, 'random')).identity;

describeWithModel('an SAE that takes the name of another one', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
    await system.runToEnd('first');
  }, 240_000);

  afterAll(() => system?.stop(), 30_000);

  test('every method of the service has a question here, and answers it of the SAE that is indexed', async () => {
    expect(Object.keys(QUESTIONS).sort()).toEqual([...METHODS].sort());
    for (const method of METHODS) expect(Object.keys(await ask(method)).length).toBeGreaterThan(0);
    const { sha256 } = await identityOf();
    expect((await system.client.getFeature({ name: NAME })).feature).toMatchObject({
      label: 'giraffes',
      saeSha256: sha256,
    });
  }, 240_000);

  test('no method answers from the index of the other one, and none labels it', async () => {
    await system.fixture.store.deletePrefix('saes/random');
    for (const method of METHODS)
      await expect(ask(method)).rejects.toMatchObject({
        kind: 'not-found',
        message: 'saes/random does not exist',
      });
    const { lineage } = system.fixture;
    await writeSae(system.fixture.store, 'random', { sae: anotherSae(system.fixture), lineage });
    for (const method of METHODS)
      await expect(ask(method)).rejects.toMatchObject({
        kind: 'precondition',
        reason: 'LINEAGE_MISMATCH',
        message: expect.stringContaining('index it again'),
      });
  }, 240_000);

  test.each([
    ['at another hook point', { hookPoint: 'blocks.1.hook_resid_post' }],
    ['for another model', { modelId: 'tuned', modelSha256: 'f'.repeat(64) }],
    ['for a model that is not known yet', { modelId: 'tuned', modelSha256: '', tokenizerSha256: '' }],
  ])('no method answers of the same weights that were made anew %s', async (_, other) => {
    const { store, lineage, sae } = system.fixture;
    await store.deletePrefix('saes/random');
    await writeSae(store, 'random', { sae, lineage: { ...lineage, ...other } });
    const [[, value]] = Object.entries(other);
    for (const method of METHODS)
      await expect(ask(method)).rejects.toMatchObject({
        kind: 'precondition',
        reason: 'LINEAGE_MISMATCH',
        message: expect.stringMatching(new RegExp(`${value}.*index it again`)),
      });
  });

  test('the same SAE that is made anew has the index that was made of it', async () => {
    const { store, lineage, sae } = system.fixture;
    await store.deletePrefix('saes/random');
    await writeSae(store, 'random', { sae, lineage });
    for (const method of METHODS) await ask(method);
  });

  test('has statistics, examples and labels of its own when it is indexed', async () => {
    await system.fixture.store.deletePrefix('saes/random');
    const { lineage } = system.fixture;
    await writeSae(system.fixture.store, 'random', { sae: anotherSae(system.fixture), lineage });
    await system.runToEnd('second');
    const { sha256 } = await identityOf();
    const { features } = await system.client.listFeatures({ parent: 'saes/random', pageSize: 1000 });
    expect(features.filter(({ label, saeSha256 }) => label !== '' || saeSha256 !== sha256)).toEqual([]);
    expect((await system.client.searchFeatures({ ...PARENT, query: 'giraffes' })).matches).toEqual([]);
    for (const method of METHODS) await ask(method);
    expect(await labelOf()).toBe('giraffes');
  }, 240_000);

  test('a run that was created for the other one fails and says so', async () => {
    await system.fixture.store.write('indexingRuns/late/run.json', await lateRun());
    const { createIndexingRun } = system.indexing;
    await createIndexingRun({
      indexingRunId: 'late',
      requestId: 'late',
      spec: { sae: 'saes/random', activationSet: 'activationSets/corpus' },
    });
    let last: object | undefined;
    for await (const { indexingRun } of system.indexing.watchIndexingRun({ name: 'indexingRuns/late' }))
      last = indexingRun;
    expect(last).toMatchObject({
      state: 'INDEXING_RUN_STATE_FAILED',
      error: {
        reason: 'LINEAGE_MISMATCH',
        message: expect.stringMatching(/saes\/random was deleted or replaced/),
      },
    });
  }, 240_000);
});

describeWithModel('the index and labels of a deleted SAE', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
    await system.runToEnd('first');
    await ask('updateFeature');
  }, 240_000);

  afterAll(() => system?.stop(), 30_000);

  const forgotten = async () => {
    await until(async () => (await kept()).notes === 0);
    return kept();
  };

  test('stay while the SAE stands, whatever is announced', async () => {
    const identity = await identityOf();
    await createDeletedSaes(system.fixture.store).note(identity);
    await system.bus.publish('facet.sae.deleted', new Uint8Array(), { id: 'early' });
    expect(await labelOf()).toBe('giraffes');
    await createDeletedSaes(system.fixture.store).forget(identity);
  });

  test('go when it is deleted, also where ClickHouse was away, and those of the next one stay', async () => {
    const { store, lineage } = system.fixture;
    await createDeletedSaes(store).note(await identityOf());
    await store.deletePrefix('saes/random');
    const away = await startFeatures(
      system.configOf({ FACET_CLICKHOUSE_URL: 'http://127.0.0.1:9', FACET_CLICKHOUSE_RETRY_MS: '100' }),
    );
    await away.stop(100);
    expect((await kept()).notes).toBe(1);
    await writeSae(store, 'random', { sae: anotherSae(system.fixture), lineage });
    await system.runToEnd('second');
    await ask('updateFeature');
    const next = await identityOf();
    await system.bus.publish('facet.sae.deleted', new Uint8Array(), { id: 'late' });
    expect((await forgotten()).labels).toEqual([`featureLabels/random/${next.sha256}/7.json`]);
    expect(await labelOf()).toBe('giraffes');

    await createDeletedSaes(store).note(next);
    await store.deletePrefix('saes/random');
    await system.bus.publish('facet.sae.deleted', new Uint8Array(), { id: 'again' });
    expect(await forgotten()).toEqual({ rows: 0, labels: [], notes: 0 });
  }, 240_000);

  test('are looked for again while a run of it has not ended, which may still publish', async () => {
    const { store, lineage } = system.fixture;
    await writeSae(store, 'random', { sae: anotherSae(system.fixture), lineage });
    await system.runToEnd('third');
    const runs = createRunStore(store);
    const late = { ...(await runs.read('third')), id: 'late', uid: 'late' };
    await runs.create(late);
    const turn = await createIndexTurns(store, runs).take(late);
    await turn.begin(Date.now() * 1000);
    await createDeletedSaes(store).note(await identityOf());
    await store.deletePrefix('saes/random');
    await system.bus.publish('facet.sae.deleted', new Uint8Array(), { id: 'while-written' });
    await until(async () => (await kept()).rows === 0);
    expect((await kept()).notes).toBe(1);
    await runs.markSettled('late');
    await system.bus.publish('facet.sae.deleted', new Uint8Array(), { id: 'since' });
    expect(await forgotten()).toEqual({ rows: 0, labels: [], notes: 0 });
  }, 240_000);
});

describeWithModel('labels from before they named their SAE', () => {
  const UNBOUND = 'featureLabels/random/7.json';

  beforeEach(async () => {
    system = await startFeaturesSystem();
    await system.runToEnd('first');
    const { store } = system.fixture;
    await store.write(UNBOUND, Buffer.from(JSON.stringify({ label: 'old', description: '', version: 4 })));
  }, 240_000);

  afterEach(() => system?.stop(), 30_000);

  test('are taken over by the SAE whose index stands, once the service is started anew', async () => {
    const started = await startFeatures(system.configOf({ FACET_FEATURES_ROLES: 'api' }));
    const connection = connect(started.address);
    const client = createServiceClient(FeatureServiceDefinition, connection);
    expect((await client.getFeature({ name: NAME })).feature).toMatchObject({ label: 'old' });
    connection.close();
    await started.stop(100);
    const { sha256 } = await identityOf();
    expect((await kept()).labels).toEqual([`featureLabels/random/${sha256}/7.json`]);
  });

  test('are not taken over by another SAE that has its name', async () => {
    const { store, lineage } = system.fixture;
    await store.deletePrefix('saes/random');
    await writeSae(store, 'random', { sae: anotherSae(system.fixture), lineage });
    await expect(labelOf()).rejects.toMatchObject({ reason: 'LINEAGE_MISMATCH' });
    await system.runToEnd('second');
    expect(await labelOf()).toBe('');
    expect((await kept()).labels).toEqual([]);
  }, 240_000);
});

/** A run as it was stored before the SAE under its name was replaced. */
async function lateRun(): Promise<Uint8Array> {
  const first = await system.fixture.store.read('indexingRuns/first/run.json');
  const record = JSON.parse(Buffer.from(first).toString());
  return Buffer.from(JSON.stringify({ ...record, id: 'late', uid: 'late', requestId: 'late' }));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error('it did not happen within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
