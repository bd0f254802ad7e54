import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Feature, SaeFormat } from '@facet/contracts';
import { type Clients, collect, createClients } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { MODEL_DIRECTORY, SECOND_MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';
import { captureSet, HOOK, indexSae, MODEL, trainSae } from './system/tiny-way.ts';

const D_SAE = 128;
const K = 8;
const SET = 'corpus';
const TEXTS = {
  positiveTexts: ['The dog ran in the park.', 'The big dog barked.'],
  negativeTexts: ['She ate a red apple.', 'The sun was hot.'],
};

/** Every format that can be written, with the trained SAE that it can hold. */
const EXPORTS: readonly (readonly [sae: string, format: SaeFormat])[] = [
  ['topk', SaeFormat.SAELENS],
  ['topk', SaeFormat.SPARSIFY],
  ['topk', SaeFormat.DICTIONARY_LEARNING],
  ['batchtopk', SaeFormat.SAELENS],
  ['batchtopk', SaeFormat.GEMMA_SCOPE],
  ['batchtopk', SaeFormat.GEMMA_SCOPE_2],
  ['batchtopk', SaeFormat.DICTIONARY_LEARNING],
];

describeWithModels('SAEs of other tools', () => {
  let system: System;
  let clients: Clients;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'facet-e2e-saes-'));
    const training = { FACET_SAE_IMPORT_ROOTS: folder, FACET_SAE_EXPORT_ROOTS: folder };
    const models = [MODEL_DIRECTORY, SECOND_MODEL_DIRECTORY];
    system = await startSystem({ models, serviceEnv: { training } });
    clients = createClients(system.addresses);
    await captureSet(clients, SET, 20_000);
    const recipes = { topk: { k: K }, batchtopk: { k: K } };
    for (const [name, value] of Object.entries(recipes)) {
      const recipe = { $case: name as 'topk', value };
      const run = await trainSae(clients, name, { dSae: D_SAE, set: SET, recipe });
      expect(`${run.state} ${run.error?.message ?? ''}`).toBe('TRAINING_RUN_STATE_SUCCEEDED ');
      await index(name);
    }
  }, 240_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function index(sae: string) {
    const run = await indexSae(clients, `index-${sae}`, { sae, set: SET });
    expect(`${run.state} ${run.error?.message ?? ''}`).toBe('INDEXING_RUN_STATE_SUCCEEDED ');
    return run.summary!;
  }

  async function exported(sae: string, format: SaeFormat = SaeFormat.SAELENS, name = `${sae}-${format}`) {
    const uri = join(folder, name.toLowerCase());
    await clients.saes.exportSae({ name: `saes/${sae}`, uri, format });
    return uri;
  }

  const featuresOf = async (sae: string) =>
    (await clients.features.listFeatures({ parent: `saes/${sae}`, pageSize: 1000 })).features;

  /** Clamps the feature to twice its maximum; gives the value it was clamped to. */
  async function clampToMax(feature: string) {
    const edits = [{ feature, mode: { $case: 'clampToMax' as const, value: 2 } }];
    const request = { prompt: 'Once upon a time', edits, sampling: { maxTokens: 2 }, requireEffect: true };
    const [first] = await collect(clients.steering.generateSteeredText(request));
    return first!.event?.$case === 'started' ? first!.event.value.edits[0]!.offset : Number.NaN;
  }

  /** Asks everything of an indexed SAE that a trained one can answer. */
  async function expectAnswers(sae: string) {
    const { contrasts } = await clients.features.findFeatures({ parent: `saes/${sae}`, ...TEXTS });
    const { name, maxActivation } = contrasts[0]!.feature!;
    const { examples } = await clients.features.listExamples({ parent: name });
    expect(examples[0]!.activation).toBeCloseTo(maxActivation, 4);
    const { text } = examples[0]!.tokens[examples[0]!.peak]!;
    const { matches } = await clients.features.searchFeatures({
      parent: `saes/${sae}`,
      query: text.trim() || 'a',
    });
    expect(matches.length).toBeGreaterThan(0);
    expect(await clampToMax(name)).toBeCloseTo(2 * maxActivation, 3);
  }

  test.each(EXPORTS)(
    '%s as %s is indexed, found, shown and steered as the SAE it was',
    async (of, format) => {
      const saeId = `${of}-${format}`.toLowerCase().replaceAll('_', '-');
      const uri = await exported(of, format);
      const { sae, notices } = await clients.saes.importSae({
        saeId,
        uri,
        format,
        model: MODEL,
        hookPoint: HOOK,
      });
      const trained = (await clients.saes.getSae({ name: `saes/${of}` })).sae!;
      const { modelSha256, tokenizerSha256 } = trained.lineage!;
      expect(sae!.lineage).toMatchObject({ modelSha256, tokenizerSha256, hookPoint: HOOK });
      expect(notices).toEqual([]);
      expect(sae!.inferenceThreshold).toBe(trained.inferenceThreshold);
      const summary = await index(saeId);
      expect(summary.notices).toEqual([]);
      expectSame(await featuresOf(saeId), await featuresOf(of));
      await expectAnswers(saeId);
    },
    120_000,
  );

  test('an SAE that came without model and threshold gets both from the first set, which is said', async () => {
    const uri = await withoutThreshold(await exported('topk', SaeFormat.SAELENS, 'bare'));
    const { sae, notices } = await clients.saes.importSae({ saeId: 'bare', uri });
    expect(sae).toMatchObject({ model: '', lineage: { modelSha256: '' }, inferenceThreshold: undefined });
    expect(notices).toEqual([
      expect.stringMatching(/names no model.*first activation set.*binds it/),
      expect.stringMatching(/without a threshold.*calibrated when it is indexed/),
    ]);
    const steered = { feature: 'saes/bare/features/0', mode: { $case: 'clamp' as const, value: 3 } };
    await expect(
      collect(clients.steering.generateSteeredText({ prompt: 'Once', edits: [steered] })),
    ).rejects.toMatchObject({
      reason: 'INFERENCE_THRESHOLD_MISSING',
      message: expect.stringContaining('index it'),
    });
    const summary = await index('bare');
    expect(summary.notices).toEqual([
      expect.stringMatching(/bound to models\/stories260k/),
      expect.stringMatching(/was calibrated on \d+ rows of activationSets\/corpus/),
    ]);
    const trained = (await clients.saes.getSae({ name: 'saes/topk' })).sae!;
    const bound = (await clients.saes.getSae({ name: 'saes/bare' })).sae!;
    expect(bound).toMatchObject({
      model: MODEL,
      lateFacts: { activationSet: `activationSets/${SET}`, boundModel: true },
      lineage: { modelSha256: trained.lineage!.modelSha256, saeSha256: sae!.lineage!.saeSha256 },
    });
    // Training calibrates on its first rows, indexing on rows of the whole set: the same rule on two samples.
    expect(bound.inferenceThreshold! / trained.inferenceThreshold!).toBeCloseTo(1, 1);
    expectSame(await featuresOf('bare'), await featuresOf('topk'));
    await expectAnswers('bare');
    const again = await exported('bare', SaeFormat.SAELENS, 'bare-again');
    const back = await clients.saes.importSae({ saeId: 'bare-again', uri: again, model: MODEL });
    expect(back.notices).toEqual([]);
    expect(back.sae!.inferenceThreshold).toBe(bound.inferenceThreshold);
  }, 120_000);

  test('a BatchTopK dictionary whose threshold was never set is calibrated when it is indexed', async () => {
    const bare = await withoutThreshold(await exported('topk', SaeFormat.SAELENS, 'batch-source'));
    await clients.saes.importSae({ saeId: 'batch-source', uri: bare, model: MODEL });
    const uri = await exported('batch-source', SaeFormat.DICTIONARY_LEARNING, 'batch');
    const config = JSON.parse(await readFile(join(uri, 'config.json'), 'utf8'));
    Object.assign(config.trainer, { trainer_class: 'BatchTopKTrainer', dict_class: 'BatchTopKSAE' });
    await writeFile(join(uri, 'config.json'), JSON.stringify(config));
    const { sae, notices } = await clients.saes.importSae({ saeId: 'batch', uri, model: MODEL });
    expect(sae).toMatchObject({ architecture: 'batchtopk' });
    expect(notices).toEqual([expect.stringMatching(/without a threshold/)]);
    const summary = await index('batch');
    expect(summary.l0).toBeGreaterThan(0.8 * K);
    expect(summary.l0).toBeLessThan(1.2 * K);
    expect(summary.notices).toHaveLength(1);
    await expectAnswers('batch');
    const again = await clients.saes.importSae({
      saeId: 'batch-again',
      uri: await exported('batch', SaeFormat.GEMMA_SCOPE, 'batch-again'),
      model: MODEL,
      hookPoint: HOOK,
    });
    expect(again.notices).toEqual([]);
  }, 120_000);

  test('a model that inference does not hold is said, and only its own sets bind the SAE', async () => {
    const uri = await exported('topk', SaeFormat.SAELENS, 'elsewhere');
    const { notices } = await clients.saes.importSae({ saeId: 'elsewhere', uri, model: 'models/elsewhere' });
    expect(notices).toEqual([expect.stringMatching(/inference holds no models\/elsewhere/)]);
    await expect(indexSae(clients, 'elsewhere', { sae: 'elsewhere', set: SET })).rejects.toMatchObject({
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringMatching(/elsewhere and stories260k/),
    });
  });

  test.each([
    [
      'a layer that the model does not have',
      MODEL,
      'blocks.9.hook_resid_post',
      /blocks\.9\.hook_resid_post.* 5 layers/,
    ],
    [
      'a place that it does not name',
      MODEL,
      'blocks.1.attn_added',
      /blocks\.1\.attn_added.*does not have.*blocks\.1\.hook_resid_post/,
    ],
    [
      'another width there',
      MODEL,
      'blocks.1.mlp.hook_post',
      /d_in 64, but blocks\.1\.mlp\.hook_post .* width 172/,
    ],
    [
      'a model of another width',
      'second',
      'blocks.1.hook_resid_post',
      /d_in 64, but blocks\.1\.hook_resid_post .* width \d+/,
    ],
  ])('%s is refused, naming both values', async (what, model, hookPoint, message) => {
    const named = model === 'second' ? await secondModel() : model;
    const uri = await exported('topk', SaeFormat.SAELENS, what.replaceAll(' ', '-'));
    await expect(
      clients.saes.importSae({ saeId: 'unfit', uri, model: named, hookPoint }),
    ).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringMatching(message),
    });
    await expect(clients.saes.getSae({ name: 'saes/unfit' })).rejects.toMatchObject({ kind: 'not-found' });
  });

  async function secondModel(): Promise<string> {
    const { models } = await clients.inference.listModels({});
    return models.find(({ name }) => name !== MODEL)!.name;
  }

  /** A copy of an exported topk SAE whose configuration says no threshold, as those of other tools. */
  async function withoutThreshold(uri: string): Promise<string> {
    const copy = `${uri}-without`;
    await mkdir(copy);
    await cp(uri, copy, { recursive: true });
    const cfg = JSON.parse(await readFile(join(copy, 'cfg.json'), 'utf8'));
    delete cfg.metadata.inference_threshold;
    delete cfg.metadata.inference_threshold_rows;
    await writeFile(join(copy, 'cfg.json'), JSON.stringify(cfg));
    return copy;
  }
});

/** Expects two indexes to hold the same features; formats round their weights differently. */
function expectSame(actual: readonly Feature[], expected: readonly Feature[]): void {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(({ maxActivation }) => maxActivation));
  for (const [i, feature] of actual.entries()) {
    expect(Math.abs(feature.maxActivation - expected[i]!.maxActivation) / scale).toBeLessThan(1e-4);
    const [fired, wanted] = [Number(feature.firingCount), Number(expected[i]!.firingCount)];
    // A token within rounding of where a feature switches on may fall on either side.
    expect(Math.abs(fired - wanted)).toBeLessThanOrEqual(1 + wanted / 1000);
  }
}
