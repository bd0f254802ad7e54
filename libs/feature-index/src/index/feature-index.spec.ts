import { createServer } from 'node:net';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import {
  buildSyntheticIndex,
  type ClickhouseProcess,
  SYNTHETIC_FEATURES as D_SAE,
  saeOf,
  startClickhouseProcess,
} from '../testing/index.ts';
import { cursorBehind, type FeatureIndex, type FeatureOrder, openFeatureIndex } from './feature-index.ts';
import type { FeatureRecord, IndexInfo } from './records.ts';

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

async function query<T>(sql: string): Promise<T[]> {
  return (await client.query({ query: sql, format: 'JSONEachRow' })).json<T>();
}

const build = (sae: string, seed: number) => buildSyntheticIndex(index, { of: saeOf(sae), seed });

describe('an index', () => {
  test('holds every event once, and the statistics ClickHouse itself computes from them', async () => {
    const built = await build('exact', 1);
    const info = await built.complete();
    expect(await index.current(saeOf('exact'))).toEqual(info);
    expect(info).toMatchObject({
      events: built.statistics.events,
      tokens: built.statistics.tokens,
      lineage: { modelId: 'm', saeSha256: saeOf('exact').sha256 },
    });
    const rows = await query<{ feature: number; n: number; max: number; q: number }>(
      `SELECT feature, count() AS n, max(activation) AS max, quantileExact(0.5)(activation) AS q
       FROM facet.current_events WHERE sae = 'exact' GROUP BY feature ORDER BY feature`,
    );
    const records = await index.features(
      info,
      rows.map(({ feature }) => feature),
    );
    expect(
      records.map(({ feature, firingCount, maxActivation, quantiles }) => ({
        feature,
        n: firingCount,
        max: maxActivation,
        q: quantiles[2],
      })),
    ).toEqual(rows);
    expect(records[0]).toMatchObject({
      topEffects: [{ text: ' word0', logit: 1.5 }],
      bottomEffects: [{ logit: -0.25 }],
      label: '',
    });
  });

  test('gives examples page by page, with texts and activations', async () => {
    const built = await build('examples', 2);
    const info = await built.complete();
    const first = await index.listExamples(info, { feature: 3, afterRank: -1, limit: 4 });
    const rest = await index.listExamples(info, { feature: 3, afterRank: first.at(-1)!.rank, limit: 100 });
    const expected = built.examples.of(3);
    expect([...first, ...rest].map(({ row, activation }) => [row, activation])).toEqual(
      expected
        .map(({ row, activation }) => [row, Number(String(activation))])
        .map(([row, value]) => [row, expect.closeTo(value!, 6)]),
    );
    expect(first[0]!.tokens.map(({ tokenId, text }) => [tokenId, text])).toEqual(
      Array.from(expected[0]!.tokenIds, (id) => [id, ` t${id}`]),
    );
  });

  test.each<FeatureOrder>(['index', 'density', 'max-activation'])(
    'lists features by %s in pages that miss and repeat nothing',
    async (order) => {
      const info = await index.current(saeOf('examples'));
      const all = await index.listFeatures(info, { order, limit: 1000 });
      const paged: FeatureRecord[] = [];
      for (let last: FeatureRecord | undefined; ; last = paged.at(-1)) {
        const page = await index.listFeatures(info, {
          order,
          limit: 7,
          after: last && cursorBehind(last, order),
        });
        paged.push(...page);
        if (page.length < 7) break;
      }
      expect(paged).toEqual(all);
      expect(all).toHaveLength(D_SAE);
      const key = ({ density, maxActivation }: FeatureRecord) =>
        order === 'index' ? 0 : order === 'density' ? density : maxActivation;
      expect([...all].sort((a, b) => key(b) - key(a) || a.feature - b.feature)).toEqual(all);
    },
  );

  test('filters by density', async () => {
    const info = await index.current(saeOf('examples'));
    const dead = await index.listFeatures(info, { order: 'index', limit: 100, maxDensity: 0 });
    expect(dead.map(({ feature }) => feature)).toEqual([36, 37, 38, 39]);
  });

  test('names the features it does not have', async () => {
    const info = await index.current(saeOf('examples'));
    await expect(index.features(info, [1, 70_000])).rejects.toMatchObject({
      kind: 'not-found',
      reason: 'FEATURE_NOT_FOUND',
      message: 'saes/examples has no feature 70000; d_sae is 40',
    });
    await expect(index.current(saeOf('nothing'))).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'SAE_NOT_INDEXED',
    });
  });
});

describe('replacing an index', () => {
  test('shows the old one until the new one is complete, then only the new one', async () => {
    const old = await (await build('replaced', 3)).complete();
    const abandoned = await build('replaced', 4);
    const next = await build('replaced', 5);
    const info: IndexInfo = await next.finish();
    expect(await index.current(saeOf('replaced'))).toEqual(old);
    const seen = () =>
      query<{ g: number }>(
        `SELECT DISTINCT generation AS g FROM facet.current_events WHERE sae = 'replaced'`,
      );
    expect(await seen()).toEqual([{ g: old.generation }]);
    await index.publish(info);
    await index.publish(info);
    expect(await index.current(saeOf('replaced'))).toEqual(info);
    expect(await seen()).toEqual([{ g: info.generation }]);
    const partitions = await query(
      `SELECT DISTINCT partition FROM system.parts WHERE active AND database = 'facet' AND startsWith(partition, '(''replaced''')`,
    );
    expect(partitions).toEqual([{ partition: `('replaced',${info.generation})` }]);
    expect(abandoned.statistics.events).toBeGreaterThan(0);
    await expect(index.features(old, [0])).rejects.toMatchObject({ kind: 'aborted' });
  });

  test('drops an index and leaves the others', async () => {
    await (await build('dropped', 6)).complete();
    await index.drop(saeOf('dropped'));
    await expect(index.current(saeOf('dropped'))).rejects.toMatchObject({ reason: 'SAE_NOT_INDEXED' });
    expect(await index.current(saeOf('exact'))).toMatchObject({ sae: 'exact' });
  });
});

describe('a ClickHouse without our tables', () => {
  test('has no index', async () => {
    const fresh = openFeatureIndex({ client, address: server.url, database: 'never_made' });
    await expect(fresh.current(saeOf('x'))).rejects.toMatchObject({ reason: 'SAE_NOT_INDEXED' });
  });
});

describe('labels and search', () => {
  test('the newest label counts, survives re-indexing, and is found first', async () => {
    await (await build('labelled', 7)).complete();
    const of = { sae: 'labelled', saeSha256: saeOf('labelled').sha256, feature: 5 };
    await index.putLabels([{ ...of, label: 'Old', description: '', version: 1 }]);
    await index.putLabels([{ ...of, label: 'Word9 animals', description: 'of the ZOO', version: 2 }]);
    const info = await (await build('labelled', 8)).complete();
    expect((await index.features(info, [5]))[0]).toMatchObject({
      label: 'Word9 animals',
      description: 'of the ZOO',
    });
    const matches = await index.search(info, ['word9'], 10);
    expect(matches.map(({ feature, score, fields }) => [feature.feature, score, fields])).toEqual([
      [5, 8, ['label']],
      [9, 2, ['top_effects']],
    ]);
    expect(await index.search(info, ['word9', 'zoo'], 10)).toMatchObject([
      { score: 12, fields: ['label', 'description'] },
    ]);
    expect(await index.search(info, ['word9', 'nowhere'], 10)).toEqual([]);
  });

  test('counts the share of the examples that hold a word', async () => {
    const built = await build('shares', 9);
    const info = await built.complete();
    const word = `t${built.examples.of(0)[0]!.tokenIds[0]} `;
    const [found] = (await index.search(info, [word], 100)).filter(({ feature }) => feature.feature === 0);
    const texts = built.examples
      .of(0)
      .map(({ tokenIds }) => Array.from(tokenIds, (id) => ` t${id}`).join(''));
    expect(found!.score).toBeCloseTo(texts.filter((text) => text.includes(word)).length / texts.length, 12);
    expect(found!.fields).toEqual(['examples']);
  });

  test('takes words as words, not as patterns or SQL', async () => {
    const info = await index.current(saeOf('labelled'));
    expect(await index.search(info, ["%'; DROP"], 10)).toEqual([]);
  });
});

describe('ClickHouse that is not there', () => {
  test('is tried again, then named', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const nobody = createClient({ url: `http://127.0.0.1:${port}`, log: { level: 127 } });
    const away = openFeatureIndex({ client: nobody, address: `127.0.0.1:${port}`, retryForMs: 500 });
    await expect(away.current(saeOf('x'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`ClickHouse at 127.0.0.1:${port} does not answer`),
    });
    await nobody.close();
  });

  test('is tried once by a question when it has been away for so long', async () => {
    let attempts = 0;
    const deaf = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => deaf.once('listening', resolve));
    const { port } = deaf.address() as { port: number };
    const nobody = createClient({ url: `http://127.0.0.1:${port}`, log: { level: 127 } });
    const away = openFeatureIndex({ client: nobody, address: `127.0.0.1:${port}`, retryForMs: 400 });
    await expect(away.current(saeOf('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(attempts).toBeGreaterThan(1);
    attempts = 0;
    await expect(away.current(saeOf('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(attempts).toBe(1);
    await nobody.close();
    deaf.close();
  });
});
