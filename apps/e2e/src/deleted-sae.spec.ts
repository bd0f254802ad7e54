import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { FeatureServiceDefinition } from '@facet/contracts';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { type Clients, collect, createClients } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';
import { captureSet, indexSae, trainSae } from './system/tiny-way.ts';

const PARENT = 'saes/x';
const NAME = 'saes/x/features/3';
const SIZE = { dSae: 128, set: 'corpus', sae: 'x' };
type Method = keyof typeof FeatureServiceDefinition.methods;

/** A question of every method about `saes/x`; a method without one fails the test. */
const QUESTIONS: Partial<Record<string, object>> = {
  getFeature: { name: NAME },
  listFeatures: { parent: PARENT },
  searchFeatures: { parent: PARENT, query: 'a' },
  findFeatures: { parent: PARENT, positiveTexts: ['The dog ran.'], negativeTexts: ['The sun was hot.'] },
  activateText: { parent: PARENT, text: 'The dog ran.' },
  listExamples: { parent: NAME },
  updateFeature: { feature: { name: NAME, label: 'giraffes' }, updateMask: ['label'] },
};

describeWithModels('an SAE that is deleted while ClickHouse is away, and trained anew under its name', () => {
  let system: System;
  let clients: Clients;
  const ask = (method: string) => {
    const question = QUESTIONS[method];
    if (question === undefined) throw new Error(`FeatureService.${method} has no question in this test`);
    return (clients.features[method as Method] as (request: object) => Promise<object>)(question);
  };
  const featuresOf = async () =>
    (await clients.features.listFeatures({ parent: PARENT, pageSize: 1000 })).features;
  const clampToMax = async () => {
    const edits = [{ feature: NAME, mode: { $case: 'clampToMax' as const, value: 10 } }];
    const request = { prompt: 'Once', edits, sampling: { maxTokens: 1 } };
    const [first] = await collect(clients.steering.generateSteeredText(request));
    return first!.event?.$case === 'started' ? first!.event.value.edits[0]!.offset : Number.NaN;
  };
  const rowsKept = async () => {
    const client = createClient({ url: system.clickhouse.url, log: { level: 127 } });
    const tables = ['events', 'features', 'examples', 'indexes', 'labels'];
    const counts = tables.map((table) => `(SELECT count() FROM facet.${table} WHERE sae = 'x')`);
    const result = await client.query({ query: `SELECT ${counts.join(' + ')} AS n`, format: 'JSONEachRow' });
    const [row] = await result.json<{ n: string }>();
    await client.close();
    return Number(row!.n);
  };

  beforeAll(async () => {
    const features = { FACET_CLICKHOUSE_RETRY_MS: '1000' };
    system = await startSystem({ models: [MODEL_DIRECTORY], serviceEnv: { features } });
    clients = createClients(system.addresses);
    await captureSet(clients, 'corpus', 10_000);
    expect((await trainSae(clients, 'first', SIZE)).error).toBeUndefined();
    expect((await indexSae(clients, 'first', { sae: 'x', set: 'corpus' })).error).toBeUndefined();
  }, 240_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test('is never answered for with what was kept of the one before it', async () => {
    for (const method of Object.keys(FeatureServiceDefinition.methods)) await ask(method);
    const before = await featuresOf();
    expect(before[3]).toMatchObject({ label: 'giraffes' });
    const profile = { steeringProfileId: 'p', steeringProfile: { edits: [clampOf(NAME)] } };
    await clients.steering.createSteeringProfile(profile);

    await system.clickhouse.kill();
    await clients.saes.deleteSae({ name: PARENT });
    for (const method of Object.keys(FeatureServiceDefinition.methods))
      await expect(ask(method)).rejects.toMatchObject({
        kind: 'not-found',
        message: 'saes/x does not exist',
      });
    expect((await trainSae(clients, 'second', { ...SIZE, seed: 8n })).error).toBeUndefined();
    await system.clickhouse.start();

    const refused = {
      kind: 'precondition',
      reason: expect.stringMatching(/^(LINEAGE_MISMATCH|SAE_NOT_INDEXED)$/),
    };
    for (const method of Object.keys(FeatureServiceDefinition.methods))
      await expect(ask(method)).rejects.toMatchObject(refused);
    await expect(clampToMax()).rejects.toMatchObject({
      reason: expect.stringMatching(/^(LINEAGE_MISMATCH|FEATURE_NOT_INDEXED)$/),
    });
    const steered = clients.steering.generateSteeredText({
      prompt: 'Once',
      profile: 'steeringProfiles/p',
      sampling: { maxTokens: 1 },
    });
    await expect(collect(steered)).rejects.toMatchObject({ reason: 'LINEAGE_MISMATCH' });

    const giveUpAt = Date.now() + 120_000;
    while ((await rowsKept()) > 0 && Date.now() < giveUpAt) await sleep(500);
    expect(await rowsKept()).toBe(0);
    const store = openObjectStore(system.objectsUrl);
    const keysKept = async () => [
      ...(await keysOf(store, 'featureLabels')),
      ...(await keysOf(store, 'deletedSaes')),
    ];
    while ((await keysKept()).length > 0 && Date.now() < giveUpAt) await sleep(500);
    expect(await keysKept()).toEqual([]);

    expect((await indexSae(clients, 'second', { sae: 'x', set: 'corpus' })).error).toBeUndefined();
    const after = await featuresOf();
    const { sae } = await clients.saes.getSae({ name: PARENT });
    expect(after.filter(({ label }) => label !== '')).toEqual([]);
    expect(after.map(({ saeSha256 }) => saeSha256)).toEqual(after.map(() => sae!.lineage!.saeSha256));
    expect(after.map(({ maxActivation }) => maxActivation)).not.toEqual(
      before.map(({ maxActivation }) => maxActivation),
    );
    expect(await clampToMax()).toBeCloseTo(10 * after[3]!.maxActivation, 3);
  }, 300_000);
});

function clampOf(feature: string) {
  return { feature, mode: { $case: 'clamp' as const, value: 3 } };
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
