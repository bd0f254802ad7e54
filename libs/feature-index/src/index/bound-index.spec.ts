import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { foundationOf, migrationsOf } from '../clickhouse/schema.ts';
import {
  buildSyntheticIndex,
  type ClickhouseProcess,
  saeOf,
  startClickhouseProcess,
} from '../testing/index.ts';
import { type FeatureIndex, openFeatureIndex } from './feature-index.ts';

let server: ClickhouseProcess;
let client: ClickHouseClient;
let index: FeatureIndex;

beforeAll(async () => {
  server = await startClickhouseProcess();
  client = createClient({ url: server.url, log: { level: 127 } });
  index = openFeatureIndex({ client, address: server.url });
  await index.ensureSchema();
}, 60_000);

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const build = async (sae: string, version: number, of = index) =>
  (await buildSyntheticIndex(of, { of: saeOf(sae, version), seed: version })).complete();
const labelOf = (sae: string, version: number, label: string) => ({
  ...{ sae, saeSha256: saeOf(sae, version).sha256, feature: 5 },
  ...{ label, description: '', version: 1 },
});
const mismatch = { kind: 'precondition', reason: 'LINEAGE_MISMATCH' };

async function query<T>(sql: string): Promise<T[]> {
  return (await client.query({ query: sql, format: 'JSONEachRow' })).json<T>();
}

describe('an index', () => {
  test('answers for the SAE that it was made of, and not for another of its name', async () => {
    const first = await build('x', 1);
    expect(await index.current(saeOf('x', 1))).toEqual(first);
    await expect(index.current(saeOf('x', 2))).rejects.toMatchObject({
      ...mismatch,
      message: expect.stringMatching(/index of saes\/x was made with other weights .* index it again/),
    });
    const second = await build('x', 2);
    expect(await index.current(saeOf('x', 2))).toEqual(second);
    await expect(index.current(saeOf('x', 1))).rejects.toMatchObject(mismatch);
  });

  test('goes with its SAE; what was made of the next one under the name stays', async () => {
    await build('gone', 1);
    const next = await build('gone', 2);
    await index.putLabels([labelOf('gone', 1, 'old'), labelOf('gone', 2, 'new')]);
    await index.drop(saeOf('gone', 1));
    await index.drop(saeOf('gone', 1));
    expect(await index.current(saeOf('gone', 2))).toEqual(next);
    expect((await index.features(next, [5]))[0]).toMatchObject({ label: 'new' });
    await index.drop(saeOf('gone', 2));
    await expect(index.current(saeOf('gone', 2))).rejects.toMatchObject({ reason: 'SAE_NOT_INDEXED' });
    for (const table of ['events', 'features', 'examples', 'indexes', 'labels'])
      expect(await query(`SELECT * FROM facet.${table} WHERE sae = 'gone' LIMIT 1`)).toEqual([]);
  });
});

describe('labels', () => {
  test('of another SAE of the same name are not seen, by no question and in no view', async () => {
    await build('named', 1);
    await index.putLabels([labelOf('named', 1, 'giraffes'), { ...labelOf('named', 1, 'kept'), feature: 6 }]);
    const info = await build('named', 2);
    expect((await index.features(info, [5, 6])).map(({ label }) => label)).toEqual(['', '']);
    const listed = await index.listFeatures(info, { order: 'index', limit: 100 });
    expect(listed.filter(({ label }) => label !== '')).toEqual([]);
    expect(await index.search(info, ['giraffes'], 10)).toEqual([]);
    await index.putLabels([labelOf('named', 2, 'cars')]);
    expect((await index.features(info, [5]))[0]).toMatchObject({ label: 'cars' });
    expect(await query(`SELECT feature, label FROM facet.current_labels WHERE sae = 'named'`)).toEqual([
      { feature: 5, label: 'cars' },
    ]);
  });
});

describe('a database of version 2', () => {
  const database = 'before';
  const older = () => openFeatureIndex({ client, address: server.url, database });

  beforeAll(async () => {
    for (const query of foundationOf(database)) await client.command({ query });
    for (const { version, statements } of migrationsOf(database).filter(({ version }) => version <= 2)) {
      for (const query of statements) await client.command({ query });
      await client.insert({
        table: `${database}.schema_versions`,
        values: [{ version }],
        format: 'JSONEachRow',
      });
    }
    const label = { sae: 'x', feature: 5, label: 'unbound', description: '', version: 3 };
    await client.insert({ table: `${database}.labels`, values: [label], format: 'JSONEachRow' });
    const of = { ...saeOf('x'), sha256: saeOf('x').manifestSha256 };
    await (await buildSyntheticIndex(older(), { of, seed: 1 })).complete();
  });

  test('is brought forward by the first question: its index names the weights, its labels nobody', async () => {
    const asked = older();
    const info = await asked.current(saeOf('x'));
    expect(info.lineage).toMatchObject({ modelId: 'm', saeSha256: saeOf('x').sha256 });
    expect((await asked.features(info, [5]))[0]).toMatchObject({ label: '' });
    expect(await older().current(saeOf('x'))).toEqual(info);
    await expect(older().current(saeOf('x', 2))).rejects.toMatchObject(mismatch);
    await asked.putLabels([labelOf('x', 1, 'bound')]);
    expect((await asked.features(info, [5]))[0]).toMatchObject({ label: 'bound' });
    const [{ version }] = await query<{ version: number }>(
      `SELECT max(version) AS version FROM ${database}.schema_versions`,
    );
    expect(version).toBe(3);
  });

  test('can be brought forward again, by several at once', async () => {
    await client.command({ query: `DELETE FROM ${database}.schema_versions WHERE version = 3` });
    await Promise.all([older().ensureSchema(), older().ensureSchema()]);
    expect(await older().current(saeOf('x'))).toMatchObject({ sae: 'x' });
  });
});
