import { writeSaeArtifact } from '@facet/artifacts';
import {
  FeatureOrder,
  FeatureServiceDefinition,
  IndexingRunEnded,
  IndexingRunState,
  IndexingServiceDefinition,
  RankStatistic,
} from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { type ClickhouseProcess, startClickhouseProcess } from '@facet/feature-index/testing';
import { type Connection, connect, createServiceClient, type ServiceClient } from '@facet/mesh';
import { encodeReference, type SparseActivations } from '@facet/sae';
import { readFeaturesConfig } from './config.ts';
import { ENDED_SUBJECT } from './end-run.ts';
import { type RunningFeatures, startFeatures } from './service.ts';
import { f32Of, u8Of } from './tensor-messages.ts';
import { CORPUS, D_IN, D_SAE, type Fixture, startsOf, writeFixture } from './testing/fixture.ts';
import { hasModel, type InferenceProcess, startInferenceProcess } from './testing/inference-process.ts';

const describeWithModel = hasModel() ? describe : describe.skip;

interface System {
  clickhouse: ClickhouseProcess;
  inference: InferenceProcess;
  fixture: Fixture;
  bus: EventBus;
  features: RunningFeatures;
  connection: Connection;
}

let system: System;
let indexing: ServiceClient<typeof IndexingServiceDefinition>;
let client: ServiceClient<typeof FeatureServiceDefinition>;

function configOf(overrides: Record<string, string> = {}) {
  const { clickhouse, inference, fixture } = system;
  return readFeaturesConfig({
    FACET_FEATURES_LISTEN: '127.0.0.1:0',
    FACET_OBJECTS_URL: fixture.objectsUrl,
    FACET_CLICKHOUSE_URL: clickhouse.url,
    FACET_INFERENCE_ADDRESS: inference.address,
    FACET_LOG_LEVEL: 'silent',
    ...overrides,
  });
}

/** The corpus encoded by definition, special tokens' rows emptied. */
function encodedCorpus(): SparseActivations & { special: Uint8Array } {
  const { sae, corpus } = system.fixture;
  return { ...encodeReference(sae, corpus.activations, corpus.tokenIds.length), special: corpus.special };
}

let corpusOnce: ReturnType<typeof encodedCorpus> | undefined;

/** Activations of one feature on all rows that count. */
function firings(feature: number): { row: number; value: number }[] {
  corpusOnce ??= encodedCorpus();
  const { rows, offsets, indices, values, special } = corpusOnce;
  return Array.from({ length: rows }, (_, row) => row)
    .filter((row) => special[row] === 0)
    .flatMap((row) =>
      Array.from(indices.subarray(offsets[row], offsets[row + 1]), (index, i) => ({
        row,
        index,
        value: values[offsets[row]! + i]!,
      })),
    )
    .filter(({ index }) => index === feature)
    .map(({ row, value }) => ({ row, value }));
}

async function runToEnd(id: string, spec: { sae?: string; activationSet?: string; maxTokens?: bigint } = {}) {
  await indexing.createIndexingRun({
    indexingRunId: id,
    spec: { sae: 'saes/random', activationSet: 'activationSets/corpus', ...spec },
  });
  const states: string[] = [];
  let last: Awaited<ReturnType<typeof indexing.getIndexingRun>>['indexingRun'];
  for await (const { indexingRun } of indexing.watchIndexingRun({ name: `indexingRuns/${id}` })) {
    states.push(indexingRun!.state);
    last = indexingRun;
  }
  return { run: last!, states };
}

describeWithModel('the features service', () => {
  beforeAll(async () => {
    const [clickhouse, inference] = await Promise.all([startClickhouseProcess(), startInferenceProcess()]);
    const fixture = await writeFixture(inference.address);
    const bus = await openEventBus({ url: 'memory:' });
    system = { clickhouse, inference, fixture, bus } as System;
    system.features = await startFeatures(configOf(), { events: bus });
    system.connection = connect(system.features.address);
    indexing = createServiceClient(IndexingServiceDefinition, system.connection);
    client = createServiceClient(FeatureServiceDefinition, system.connection);
  }, 90_000);

  afterAll(async () => {
    system?.connection?.close();
    await system?.features?.stop(1000);
    await system?.bus?.close();
    await system?.inference?.stop();
    await system?.clickhouse?.stop();
    await system?.fixture?.remove();
  }, 30_000);

  test('answers that an SAE without an index is not indexed', async () => {
    await expect(client.getFeature({ name: 'saes/random/features/0' })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'SAE_NOT_INDEXED',
    });
  });

  test('indexes an activation set, tells its progress and its end', async () => {
    const ended = system.bus.subscribe(ENDED_SUBJECT)[Symbol.asyncIterator]();
    const { run, states } = await runToEnd('first');
    const counted = encodedCorpus();
    const tokens = counted.rows - counted.special.reduce((sum, value) => sum + value, 0);
    const events = Array.from({ length: D_SAE }, (_, feature) => firings(feature).length);
    expect(states.at(-1)).toBe(IndexingRunState.SUCCEEDED);
    expect(run.summary).toMatchObject({
      tokens: BigInt(tokens),
      excludedRows: BigInt(CORPUS.length),
      events: BigInt(events.reduce((sum, count) => sum + count, 0)),
      liveFeatures: events.filter((count) => count > 0).length,
    });
    expect(run.lineage).toMatchObject({
      saeId: 'random',
      activationSetId: 'corpus',
      hookPoint: 'blocks.2.hook_resid_post',
    });
    const { value } = await ended.next();
    expect(IndexingRunEnded.decode(value!.payload)).toMatchObject({
      indexingRun: 'indexingRuns/first',
      state: 'SUCCEEDED',
      sae: 'saes/random',
    });
    value!.ack();
  });

  test('describes every feature as brute force does', async () => {
    const { features } = await client.listFeatures({ parent: 'saes/random', pageSize: 1000 });
    expect(features).toHaveLength(D_SAE);
    const tokens = Number(features[0]!.indexedTokens);
    for (const feature of features) {
      const fired = firings(feature.index);
      expect(Number(feature.firingCount)).toBe(fired.length);
      expect(feature.density).toBeCloseTo(fired.length / tokens, 12);
      expect(feature.maxActivation).toBeCloseTo(Math.max(0, ...fired.map(({ value }) => value)), 4);
      expect(feature.topEffects).toHaveLength(10);
      expect(feature.bottomEffects[0]!.logit).toBeLessThanOrEqual(feature.topEffects[9]!.logit);
    }
  });

  test('shows examples with the texts of the corpus around the strongest token', async () => {
    const { features } = await client.listFeatures({
      parent: 'saes/random',
      order: FeatureOrder.MAX_ACTIVATION,
      pageSize: 5,
    });
    for (const feature of features) {
      const { examples } = await client.listExamples({ parent: feature.name });
      const strongest = [...firings(feature.index)].sort((a, b) => b.value - a.value || a.row - b.row)[0]!;
      expect(Number(examples[0]!.row)).toBe(strongest.row);
      expect(examples[0]!.activation).toBeCloseTo(strongest.value, 4);
      const text = examples[0]!.tokens.map((token) => token.text).join('');
      expect(CORPUS[examples[0]!.document]).toContain(text.trim());
      expect(examples[0]!.tokens[examples[0]!.peak]!.activation).toBe(examples[0]!.activation);
    }
  });

  test.each([
    [RankStatistic.MAX, (values: number[]) => Math.max(...values)],
    [RankStatistic.SUM, (values: number[]) => values.reduce((sum, value) => sum + value, 0)],
    [RankStatistic.MEAN, (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length],
  ])('ActivateText equals brute force over all features (%s)', async (rankBy, statistic) => {
    const text = CORPUS[1]!;
    const answer = await client.activateText({ parent: 'saes/random', text, rankBy, pageSize: 1000 });
    const { corpus, sae } = system.fixture;
    const start = corpus.lengths[0]!;
    const rows = corpus.lengths[1]!;
    const x = corpus.activations.slice(start * D_IN, (start + rows) * D_IN);
    const sparse = encodeReference(sae, x, rows);
    const dense = Array.from({ length: D_SAE }, () => new Array<number>(rows).fill(0));
    for (let row = 0; row < rows; row += 1)
      for (let at = sparse.offsets[row]!; at < sparse.offsets[row + 1]!; at += 1)
        dense[sparse.indices[at]!]![row] = sparse.values[at]!;
    const special = corpus.special.subarray(start, start + rows);
    const expected = dense
      .map((values, feature) => ({
        feature,
        value: statistic(values.filter((_, row) => special[row] === 0)),
      }))
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.feature - b.feature);
    expect(answer.activations.map(({ feature }) => feature!.index)).toEqual(
      expected.map(({ feature }) => feature),
    );
    for (const [i, { value, values }] of answer.activations.entries()) {
      expect(value).toBeCloseTo(expected[i]!.value, 4);
      const shown = f32Of(values, 'values');
      for (const [row, activation] of dense[expected[i]!.feature]!.entries())
        expect(shown[row]).toBeCloseTo(activation, 4);
    }
    expect(answer.fired).toBe(expected.length);
    expect([...u8Of(answer.special, 'special')]).toEqual([...special]);
  });

  test('ActivateText gives named features also when they are silent', async () => {
    const all = await client.activateText({ parent: 'saes/random', text: 'The dog', pageSize: 1000 });
    const silent = Array.from({ length: D_SAE }, (_, i) => i).find((i) =>
      all.activations.every(({ feature }) => feature!.index !== i),
    )!;
    const named = await client.activateText({
      parent: 'saes/random',
      text: 'The dog',
      features: [silent, all.activations[0]!.feature!.index],
    });
    expect(named.activations.map(({ feature, value }) => [feature!.index, value > 0])).toEqual([
      [all.activations[0]!.feature!.index, true],
      [silent, false],
    ]);
  });

  test('FindFeatures ranks by AUROC and counts the texts', async () => {
    const positiveTexts = [CORPUS[0]!, CORPUS[1]!];
    const negativeTexts = [CORPUS[2]!, CORPUS[3]!, CORPUS[4]!];
    const { contrasts } = await client.findFeatures({
      parent: 'saes/random',
      positiveTexts,
      negativeTexts,
      pageSize: 1000,
    });
    const { corpus } = system.fixture;
    const starts = startsOf(corpus.lengths);
    for (const contrast of contrasts) {
      const maxima = CORPUS.map((_, text) =>
        Math.max(
          0,
          ...firings(contrast.feature!.index)
            .filter(({ row }) => row >= starts[text]! && row < starts[text + 1]!)
            .map(({ value }) => value),
        ),
      );
      const pairs = [0, 1].flatMap((up) =>
        [2, 3, 4].map((down) => (maxima[up]! > maxima[down]! ? 1 : maxima[up] === maxima[down] ? 0.5 : 0)),
      );
      expect(contrast.auroc).toBeCloseTo(pairs.reduce<number>((sum, win) => sum + win, 0) / 6, 9);
      expect(contrast.positiveFired).toBe(maxima.slice(0, 2).filter((value) => value > 0).length);
      expect([contrast.positiveCount, contrast.negativeCount]).toEqual([2, 3]);
    }
    expect(contrasts.map(({ auroc }) => auroc)).toEqual(
      contrasts.map(({ auroc }) => auroc).sort((a, b) => b - a),
    );
  }, 30_000);

  test('keeps labels over re-indexing, finds them, and refuses other fields', async () => {
    const name = 'saes/random/features/7';
    const changed = await client.updateFeature({
      feature: { name, label: 'Zebra crossing', description: 'kept' },
      updateMask: ['label'],
    });
    expect(changed.feature).toMatchObject({ label: 'Zebra crossing', description: '' });
    await runToEnd('second');
    expect((await client.getFeature({ name })).feature).toMatchObject({ label: 'Zebra crossing' });
    const { matches } = await client.searchFeatures({ parent: 'saes/random', query: 'zebra CROSS' });
    expect(matches).toMatchObject([{ feature: { name }, score: 16, fields: ['label'] }]);
    await expect(client.updateFeature({ feature: { name }, updateMask: ['density'] })).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(
      client.updateFeature({ feature: { name, label: 'x'.repeat(201) }, updateMask: ['label'] }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  }, 30_000);

  test('pages never mix two indexes', async () => {
    const first = await client.listFeatures({
      parent: 'saes/random',
      pageSize: 10,
      order: FeatureOrder.DENSITY,
    });
    await runToEnd('third');
    const next = client.listFeatures({
      parent: 'saes/random',
      pageSize: 10,
      order: FeatureOrder.DENSITY,
      pageToken: first.nextPageToken,
    });
    await expect(next).rejects.toMatchObject({ kind: 'aborted', reason: 'INDEX_REPLACED' });
  }, 30_000);

  test('indexes at most the tokens that were asked for', async () => {
    const { run } = await runToEnd('short', { maxTokens: 20n });
    expect(run.summary!.tokens + run.summary!.excludedRows).toBe(20n);
  });

  test('the same request gives the same run, another one with its id is refused', async () => {
    const spec = { sae: 'saes/random', activationSet: 'activationSets/corpus' };
    const one = await indexing.createIndexingRun({ spec, requestId: 'req-1' });
    const again = await indexing.createIndexingRun({ spec, requestId: 'req-1' });
    expect(again.indexingRun!.name).toBe(one.indexingRun!.name);
    for await (const _ of indexing.watchIndexingRun({ name: one.indexingRun!.name }));
    await expect(indexing.createIndexingRun({ indexingRunId: 'first', spec })).rejects.toMatchObject({
      kind: 'exists',
    });
    const { indexingRuns } = await indexing.listIndexingRuns({ pageSize: 2 });
    expect(indexingRuns).toHaveLength(2);
  });

  test('refuses what does not belong together, before anything is queued', async () => {
    const { store, sae, lineage } = system.fixture;
    const other = { ...lineage, hookPoint: 'blocks.1.hook_resid_post' };
    await writeSaeArtifact(store, 'elsewhere', sae, {
      createTime: '2026-01-01T00:00:00Z',
      lineage: other,
      metrics: {},
    });
    const spec = { sae: 'saes/elsewhere', activationSet: 'activationSets/corpus' };
    await expect(indexing.createIndexingRun({ spec })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringContaining('hookPoint'),
    });
    await expect(
      indexing.createIndexingRun({ spec: { ...spec, sae: 'saes/nothing' } }),
    ).rejects.toMatchObject({ kind: 'not-found' });
  });

  test.each([
    [
      'an unknown feature',
      () => client.getFeature({ name: 'saes/random/features/70000' }),
      'not-found',
      /no feature 70000; d_sae is 96/,
    ],
    ['a bad name', () => client.getFeature({ name: 'saes/../features/1' }), 'invalid', /.+/],
    ['no text', () => client.activateText({ parent: 'saes/random', text: ' ' }), 'invalid', /text is empty/],
    [
      'no negative texts',
      () => client.findFeatures({ parent: 'saes/random', positiveTexts: ['a'] }),
      'invalid',
      /negative_texts/,
    ],
    ['an empty query', () => client.searchFeatures({ parent: 'saes/random', query: '' }), 'invalid', /query/],
    [
      'a strange page token',
      () => client.listFeatures({ parent: 'saes/random', pageToken: 'x' }),
      'invalid',
      /page_token/,
    ],
  ])('refuses %s', async (_what, ask, kind, message) => {
    await expect(ask()).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  test('a cancelled run ends, and the index before it stays', async () => {
    const before = (await client.getFeature({ name: 'saes/random/features/0' })).feature;
    const idle = await startFeatures(configOf({ FACET_FEATURES_ROLES: 'api' }));
    const connection = connect(idle.address);
    const lonely = createServiceClient(IndexingServiceDefinition, connection);
    await lonely.createIndexingRun({
      indexingRunId: 'cancelled',
      spec: { sae: 'saes/random', activationSet: 'activationSets/corpus' },
    });
    const { indexingRun } = await lonely.cancelIndexingRun({ name: 'indexingRuns/cancelled' });
    expect(indexingRun!.state).toBe(IndexingRunState.CANCELLED);
    expect((await client.getFeature({ name: 'saes/random/features/0' })).feature).toEqual(before);
    connection.close();
    await idle.stop(100);
  });

  test('names the address of a ClickHouse that is not there', async () => {
    const away = await startFeatures(
      configOf({ FACET_CLICKHOUSE_URL: 'http://127.0.0.1:9', FACET_CLICKHOUSE_RETRY_MS: '300' }),
    );
    const connection = connect(away.address);
    const asking = createServiceClient(FeatureServiceDefinition, connection).getFeature({
      name: 'saes/random/features/0',
    });
    await expect(asking).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('http://127.0.0.1:9'),
    });
    connection.close();
    await away.stop(100);
  }, 60_000);
});
