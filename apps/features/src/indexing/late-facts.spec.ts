import { openSaeArtifact, readSaeManifest, type SaeFacts } from '@facet/artifacts';
import { createSaeEncoder, encodeReference, featureRows, type Sae } from '@facet/sae';
import { type FeaturesSystem, startFeaturesSystem } from '../testing/features-system.ts';
import { CORPUS, D_IN, D_SAE, HOOK_POINT, writeSae, writeSet } from '../testing/fixture.ts';
import { hasModel } from '../testing/inference-process.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const K = 6;

let system: FeaturesSystem;

/** An SAE as an import publishes it where no model is known. */
async function importUnbound(id: string, { modelId = '', sae = system.fixture.sae } = {}): Promise<void> {
  const lineage = { modelId, modelSha256: '', tokenizerSha256: '', hookPoint: HOOK_POINT };
  await writeSae(system.fixture.store, id, { sae, lineage });
}

const factsOf = async (id: string): Promise<SaeFacts | undefined> =>
  (await readSaeManifest(system.fixture.store, id)).facts;
const index = (run: string, sae: string, activationSet = 'corpus') =>
  system.runToEnd(run, { sae: `saes/${sae}`, activationSet: `activationSets/${activationSet}` });

describeWithModel('an SAE that came without a model', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
    const { store, corpus, lineage } = system.fixture;
    await writeSet(store, 'foreign', {
      corpus,
      lineage: { ...lineage, modelId: 'other', modelSha256: 'f'.repeat(64) },
    });
  }, 240_000);

  afterAll(() => system?.stop(), 30_000);

  test('is bound by the first activation set that it is indexed with, which is said', async () => {
    await importUnbound('unbound');
    const before = await readSaeManifest(system.fixture.store, 'unbound');
    const { run } = await index('bind', 'unbound');
    const { modelId, modelSha256, tokenizerSha256 } = system.fixture.lineage;
    expect(run.summary!.notices[0]).toMatch(
      new RegExp(
        `saes/unbound came without a model; it is bound to models/${modelId} .*activationSets/corpus`,
      ),
    );
    const after = await readSaeManifest(system.fixture.store, 'unbound');
    expect(after.manifest.lineage).toMatchObject({ modelId, modelSha256, tokenizerSha256 });
    expect(after.identity).toEqual(before.identity);
    const found = await system.client.findFeatures({
      parent: 'saes/unbound',
      positiveTexts: [CORPUS[0]!],
      negativeTexts: [CORPUS[2]!],
    });
    expect(found.contrasts.length).toBeGreaterThan(0);
  }, 240_000);

  test('answers as the same SAE that came with its model', async () => {
    await index('known', 'random');
    const listed = async (sae: string) => {
      const { features } = await system.client.listFeatures({ parent: `saes/${sae}`, pageSize: 1000 });
      return features.map(({ name: _, ...feature }) => feature);
    };
    expect(await listed('unbound')).toEqual(await listed('random'));
  }, 240_000);

  test('is refused with a set of another model from then on', async () => {
    await expect(index('refused', 'unbound', 'foreign')).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringContaining('modelSha256'),
    });
  });

  test('takes only a set of the model that it names', async () => {
    await importUnbound('named', { modelId: 'other' });
    await expect(index('wrong', 'named')).rejects.toMatchObject({
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringMatching(/modelId is other and/),
    });
    expect(await factsOf('named')).toBeUndefined();
  });

  test('is bound to one of two models that want it at once; the other run fails and says so', async () => {
    const { store, corpus, lineage } = system.fixture;
    await importUnbound('wanted');
    await writeSet(store, 'twin', { corpus, lineage: { ...lineage, modelSha256: 'e'.repeat(64) } });
    const ended = await Promise.allSettled([index('one', 'wanted'), index('two', 'wanted', 'twin')]);
    const states = ended.map((end) => (end.status === 'fulfilled' ? end.value.run.state : 'REFUSED'));
    expect(states.filter((state) => state === 'INDEXING_RUN_STATE_SUCCEEDED')).toHaveLength(1);
    const set = states[0] === 'INDEXING_RUN_STATE_SUCCEEDED' ? 'corpus' : 'twin';
    expect(await factsOf('wanted')).toMatchObject({ activationSetId: set });
  }, 240_000);

  test('is not bound by a run that is cancelled or fails', async () => {
    await importUnbound('kept');
    await system.fixture.store.write('activationSets/broken/manifest.json', await brokenManifest());
    const { run } = await index('fails', 'kept', 'broken');
    expect(run.state).toBe('INDEXING_RUN_STATE_FAILED');
    expect(await factsOf('kept')).toBeUndefined();
  }, 240_000);
});

describeWithModel('a topk SAE that came without a threshold', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
  }, 240_000);

  afterAll(() => system?.stop(), 30_000);

  test('is not calibrated on a set without ordinary rows, and stays as it is', async () => {
    const { store, corpus, lineage } = system.fixture;
    const special = new Uint8Array(corpus.special.length).fill(1);
    await writeSet(store, 'special', { corpus: { ...corpus, special }, lineage });
    const { run } = await index('bare', 'random', 'special');
    expect(run.error).toMatchObject({
      reason: 'CALIBRATION_ROWS_MISSING',
      message: expect.stringMatching(/activationSets\/special .*special tokens/),
    });
    expect(await factsOf('random')).toBeUndefined();
  }, 240_000);

  test('is calibrated on the set: k features of a row exceed the threshold on average', async () => {
    const { store, corpus, sae } = system.fixture;
    expect(() => featureRows(sae, [0])).toThrow(/facet index/);
    const before = await readSaeManifest(store, 'random');
    const { run } = await index('calibrate', 'random');
    const opened = await openSaeArtifact(store, 'random');
    const rows = corpus.special.filter((special) => special === 0).length;
    expect(run.summary!.notices).toEqual([
      expect.stringMatching(
        new RegExp(`^saes/random came without a threshold; .* calibrated on ${rows} rows`),
      ),
    ]);
    expect(opened.identity).toEqual(before.identity);
    const threshold = opened.sae.cfg.metadata.inference_threshold!;
    expect(threshold).toBeGreaterThan(0);
    expect(fired(opened.sae, threshold) / rows).toBeCloseTo(K, 1);
    expect(featureRows(opened.sae, [0])).toMatchObject({ threshold_source: 'calibrated-threshold' });
  }, 240_000);

  test('keeps its threshold when it is indexed again, also on other rows', async () => {
    const facts = await factsOf('random');
    const { run } = await system.runToEnd('again', { maxTokens: 20n });
    expect(await factsOf('random')).toEqual(facts);
    expect(run.summary!.notices).toHaveLength(1);
  }, 240_000);
});

describeWithModel('a batchtopk SAE that came without a threshold', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
  }, 240_000);

  afterAll(() => system?.stop(), 30_000);

  test('is calibrated before it is indexed, and answers with k features of a token on average', async () => {
    const { store, sae } = system.fixture;
    await importUnbound('batch', { sae: { ...sae, cfg: { ...sae.cfg, architecture: 'batchtopk' } } });
    await expect(
      createSaeEncoder((await openSaeArtifact(store, 'batch')).sae, { maxRows: 1 }),
    ).rejects.toMatchObject({
      reason: 'THRESHOLD_MISSING',
    });
    const { run } = await index('batch', 'batch');
    expect(run.summary!.l0).toBeCloseTo(K, 1);
    expect(run.summary!.notices).toHaveLength(2);
    const threshold = (await openSaeArtifact(store, 'batch')).sae.threshold!;
    expect(new Set(threshold).size).toBe(1);
    const { activations, fired: all } = await system.client.activateText({
      parent: 'saes/batch',
      text: CORPUS[0]!,
    });
    expect(all).toBeGreaterThan(0);
    expect(Math.min(...activations.map(({ value }) => value))).toBeGreaterThan(threshold[0]!);
  }, 240_000);
});

/** How many pre-activations of the corpus exceed a threshold, special tokens left out, by definition. */
function fired(sae: Sae, threshold: number): number {
  const { corpus } = system.fixture;
  const asRelu: Sae = { ...sae, cfg: { ...sae.cfg, architecture: 'standard' } };
  const rows = corpus.tokenIds.length;
  const { offsets, values } = encodeReference(asRelu, corpus.activations.subarray(0, rows * D_IN), rows);
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    if (corpus.special[row] !== 0) continue;
    for (let at = offsets[row]!; at < offsets[row + 1]!; at += 1) if (values[at]! > threshold) count += 1;
  }
  expect(count).toBeLessThan(rows * D_SAE);
  return count;
}

/** The manifest of the corpus, whose shards are not there. */
async function brokenManifest(): Promise<Uint8Array> {
  return system.fixture.store.read('activationSets/corpus/manifest.json');
}
