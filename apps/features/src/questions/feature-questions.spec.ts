import { FeatureOrder, FeatureServiceDefinition, RankStatistic } from '@facet/contracts';
import { answerTensors, connect, createServiceClient } from '@facet/mesh';
import { startFeatures } from '../service.ts';
import { type FeaturesSystem, startFeaturesSystem } from '../testing/features-system.ts';
import { CORPUS, D_SAE } from '../testing/fixture.ts';
import { hasModel } from '../testing/inference-process.ts';

const describeWithModel = hasModel() ? describe : describe.skip;

let system: FeaturesSystem;

describeWithModel('questions about features', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
    await system.runToEnd('first');
  }, 90_000);

  afterAll(() => system?.stop(), 30_000);

  test('describes every feature as brute force does', async () => {
    const { features } = await system.client.listFeatures({ parent: 'saes/random', pageSize: 1000 });
    expect(features).toHaveLength(D_SAE);
    const tokens = Number(features[0]!.indexedTokens);
    for (const feature of features) {
      const fired = system.truth.firings(feature.index);
      expect(Number(feature.firingCount)).toBe(fired.length);
      expect(feature.density).toBeCloseTo(fired.length / tokens, 12);
      expect(feature.maxActivation).toBeCloseTo(Math.max(0, ...fired.map(({ value }) => value)), 4);
      expect(feature.topEffects).toHaveLength(10);
      expect(feature.bottomEffects[0]!.logit).toBeLessThanOrEqual(feature.topEffects[9]!.logit);
    }
  });

  test('shows examples with the texts of the corpus around the strongest token', async () => {
    const { features } = await system.client.listFeatures({
      parent: 'saes/random',
      order: FeatureOrder.MAX_ACTIVATION,
      pageSize: 5,
    });
    for (const feature of features) {
      const { examples } = await system.client.listExamples({ parent: feature.name });
      const strongest = [...system.truth.firings(feature.index)].sort(
        (a, b) => b.value - a.value || a.row - b.row,
      )[0]!;
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
    const answer = await system.client.activateText({ parent: 'saes/random', text, rankBy, pageSize: 1000 });
    const { dense, special } = system.truth.text(1);
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
      const shown = answerTensors.floats(values, ['n'], 'values');
      for (const [row, activation] of dense[expected[i]!.feature]!.entries())
        expect(shown[row]).toBeCloseTo(activation, 4);
    }
    expect(answer.fired).toBe(expected.length);
    expect([...answerTensors.flags(answer.special, ['n'], 'special')]).toEqual([...special]);
  });

  test('ActivateText gives named features also when they are silent', async () => {
    const all = await system.client.activateText({ parent: 'saes/random', text: 'The dog', pageSize: 1000 });
    const silent = Array.from({ length: D_SAE }, (_, i) => i).find((i) =>
      all.activations.every(({ feature }) => feature!.index !== i),
    )!;
    const named = await system.client.activateText({
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
    const { contrasts } = await system.client.findFeatures({
      parent: 'saes/random',
      positiveTexts,
      negativeTexts,
      pageSize: 1000,
    });
    for (const contrast of contrasts) {
      const maxima = system.truth.maxima(contrast.feature!.index);
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
    const changed = await system.client.updateFeature({
      feature: { name, label: 'Zebra crossing', description: 'kept' },
      updateMask: ['label'],
    });
    expect(changed.feature).toMatchObject({ label: 'Zebra crossing', description: '' });
    await system.runToEnd('second');
    expect((await system.client.getFeature({ name })).feature).toMatchObject({ label: 'Zebra crossing' });
    const { matches } = await system.client.searchFeatures({ parent: 'saes/random', query: 'zebra CROSS' });
    expect(matches).toMatchObject([{ feature: { name }, score: 16, fields: ['label'] }]);
    await expect(
      system.client.updateFeature({ feature: { name }, updateMask: ['density'] }),
    ).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(
      system.client.updateFeature({ feature: { name, label: 'x'.repeat(201) }, updateMask: ['label'] }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  }, 30_000);

  test('pages never mix two indexes', async () => {
    const first = await system.client.listFeatures({
      parent: 'saes/random',
      pageSize: 10,
      order: FeatureOrder.DENSITY,
    });
    await system.runToEnd('third');
    const next = system.client.listFeatures({
      parent: 'saes/random',
      pageSize: 10,
      order: FeatureOrder.DENSITY,
      pageToken: first.nextPageToken,
    });
    await expect(next).rejects.toMatchObject({ kind: 'aborted', reason: 'INDEX_REPLACED' });
  }, 30_000);

  test.each([
    [
      'an unknown feature',
      () => system.client.getFeature({ name: 'saes/random/features/70000' }),
      'not-found',
      /no feature 70000; d_sae is 96/,
    ],
    ['a bad name', () => system.client.getFeature({ name: 'saes/../features/1' }), 'invalid', /.+/],
    [
      'no text',
      () => system.client.activateText({ parent: 'saes/random', text: ' ' }),
      'invalid',
      /text is empty/,
    ],
    [
      'no negative texts',
      () => system.client.findFeatures({ parent: 'saes/random', positiveTexts: ['a'] }),
      'invalid',
      /negative_texts/,
    ],
    [
      'an empty query',
      () => system.client.searchFeatures({ parent: 'saes/random', query: '' }),
      'invalid',
      /query/,
    ],
    [
      'a strange page token',
      () => system.client.listFeatures({ parent: 'saes/random', pageToken: 'x' }),
      'invalid',
      /page_token/,
    ],
  ])('refuses %s', async (_what, ask, kind, message) => {
    await expect(ask()).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });

  test.each([2, -0.1, 1.0000001, 1e300])('refuses %d as a density, by its field', async (density) => {
    const parent = 'saes/random';
    const texts = { positiveTexts: ['a'], negativeTexts: ['b'] };
    const calls: [string, Promise<unknown>][] = [
      ['min_density', system.client.listFeatures({ parent, minDensity: density })],
      ['max_density', system.client.listFeatures({ parent, maxDensity: density })],
      ['max_density', system.client.findFeatures({ parent, ...texts, maxDensity: density })],
    ];
    for (const [field, call] of calls) await expect(call).rejects.toMatchObject({ kind: 'invalid', field });
    const spec = { sae: parent, activationSet: 'activationSets/corpus', maxTokens: 2n ** 53n };
    await expect(system.indexing.createIndexingRun({ spec })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'spec.max_tokens',
    });
  });

  test('names the address of a ClickHouse that is not there', async () => {
    const away = await startFeatures(
      system.configOf({ FACET_CLICKHOUSE_URL: 'http://127.0.0.1:9', FACET_CLICKHOUSE_RETRY_MS: '300' }),
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
