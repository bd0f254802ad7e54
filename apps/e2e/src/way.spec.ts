import { createClient } from '@clickhouse/client';
import { openSaeArtifact } from '@facet/artifacts';
import { DataType, type GenerateTextResponse, type Intervention } from '@facet/contracts';
import { answerTensors, floatTensor, idTensor } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { encodeReference, type Sae } from '@facet/sae';
import { maximaOverRows, statisticsOf, thresholdForm } from './system/brute-force.ts';
import { type Clients, collect, createClients, last } from './system/clients.ts';
import { describeWithModels } from './system/describe-with-models.ts';
import { CORPUS, MODEL_DIRECTORY } from './system/repository.ts';
import { type System, startSystem } from './system/system.ts';

const MODEL = 'models/stories260k';
const HOOK = 'blocks.2.hook_resid_post';
const TOKENS = 30_000;
const D_IN = 64;
const D_SAE = 256;
const K = 8;
const POSITIVE = ['The dog ran in the park.', 'The big dog barked.', 'A dog and his ball.'];
const NEGATIVE = ['She ate a red apple.', 'The sun was hot.', 'He went to sleep in his bed.'];
const TEXT = 'Once upon a time, there was a dog named Spot.';

describeWithModels('the whole way through five processes', () => {
  let system: System;
  let clients: Clients;
  let sae: Sae;

  beforeAll(async () => {
    system = await startSystem({ models: [MODEL_DIRECTORY] });
    clients = createClients(system.addresses);
  }, 120_000);

  afterAll(async () => {
    clients?.close();
    await system?.stop();
  }, 60_000);

  test('a corpus becomes an activation set whose rows are the model’s own', async () => {
    const { activationSet } = await clients.activationSets.createActivationSet({
      activationSetId: 'tiny',
      spec: {
        model: MODEL,
        hookPoint: HOOK,
        maxTokens: BigInt(TOKENS),
        contextTokens: 128,
        partitionTokens: 4096,
        dtype: DataType.F32,
        corpus: { uri: CORPUS, format: { $case: 'plainText', value: {} } },
      },
    });
    expect(activationSet?.state).toBe('ACTIVATION_SET_STATE_PENDING');
    const end = await last(clients.activationSets.watchActivationSet({ name: 'activationSets/tiny' }));
    expect(end.activationSet?.error).toBeUndefined();
    expect(end.activationSet?.state).toBe('ACTIVATION_SET_STATE_ACTIVE');
    expect(end.activationSet?.summary?.rows).toBe(BigInt(TOKENS));

    const [first] = await collect(
      clients.activationSets.readActivations({ name: 'activationSets/tiny', maxRows: 128n }),
    );
    const tokenIds = answerTensors.ids(first!.tokenIds, ['n'], 'token_ids');
    expect(tokenIds[0]).toBe(1);
    const direct = await activationsOf(clients, [...tokenIds]);
    const stored = answerTensors.floats(first!.activations, ['n', D_IN], 'activations');
    expect(maxDifference(stored, direct)).toBeLessThan(1e-4);
  }, 120_000);

  test('the activation set becomes an SAE that explains held-out activations', async () => {
    await clients.trainingRuns.createTrainingRun({
      trainingRunId: 'tiny',
      spec: {
        activationSets: ['activationSets/tiny'],
        sae: 'saes/tiny',
        dSae: D_SAE,
        batchTokens: 1024,
        tokens: 400_000n,
        learningRate: 2e-3,
        recipe: { $case: 'topk', value: { k: K } },
        seed: 7n,
      },
    });
    const events = await collect(clients.trainingRuns.watchTrainingRun({ name: 'trainingRuns/tiny' }));
    const run = events.at(-1)!.trainingRun!;
    expect(run.error).toBeUndefined();
    expect(run.state).toBe('TRAINING_RUN_STATE_SUCCEEDED');
    expect(run.evaluation!.l0).toBeLessThanOrEqual(K);
    expect(run.evaluation!.fvu).toBeLessThan(0.4);
    const { sae: published } = await clients.saes.getSae({ name: 'saes/tiny' });
    expect(published).toMatchObject({ architecture: 'topk', dIn: D_IN, dSae: D_SAE, k: K, hookPoint: HOOK });
    sae = (await openSaeArtifact(openObjectStore(system.objectsUrl), 'tiny')).sae;
  }, 120_000);

  test('the SAE becomes an index that holds exactly the events of brute force', async () => {
    await clients.indexingRuns.createIndexingRun({
      indexingRunId: 'tiny',
      spec: { sae: 'saes/tiny', activationSet: 'activationSets/tiny' },
    });
    const { indexingRun } = await last(clients.indexingRuns.watchIndexingRun({ name: 'indexingRuns/tiny' }));
    expect(indexingRun?.error).toBeUndefined();
    expect(indexingRun?.state).toBe('INDEXING_RUN_STATE_SUCCEEDED');

    const truth = await statisticsOf(system.objectsUrl, 'tiny', sae);
    expect(indexingRun!.summary).toMatchObject({
      events: BigInt(truth.counts.reduce((a, b) => a + b, 0)),
      tokens: BigInt(truth.tokens),
    });
    const { features } = await clients.features.listFeatures({ parent: 'saes/tiny', pageSize: 1000 });
    expect(features).toHaveLength(D_SAE);
    for (const feature of features) {
      expect(feature.firingCount).toBe(BigInt(truth.counts[feature.index]!));
      expect(feature.maxActivation).toBeCloseTo(truth.maxima[feature.index]!, 4);
    }
  }, 120_000);

  test('analysts reach the index with any ClickHouse client', async () => {
    const client = createClient({ url: system.clickhouse.url });
    const result = await client.query({ query: 'SHOW DATABASES', format: 'JSONEachRow' });
    expect(await result.json()).not.toHaveLength(0);
    await client.close();
  });

  test('ActivateText equals brute force over all features', async () => {
    const answer = await clients.features.activateText({ parent: 'saes/tiny', text: TEXT, pageSize: 1000 });
    const tokenIds = answerTensors.ids(answer.tokenIds, ['n'], 'token_ids');
    const rows = await activationsOf(clients, [...tokenIds]);
    const special = new Uint8Array(answer.special!.data);
    const truth = maximaOverRows(encodeReference(sae, rows, tokenIds.length), special);
    const expected = [...truth].sort(([i, a], [j, b]) => b - a || i - j).map(([index]) => index);
    expect(answer.activations.map(({ feature }) => feature!.index)).toEqual(expected);
    for (const { feature, value } of answer.activations)
      expect(value).toBeCloseTo(truth.get(feature!.index)!, 4);
    expect(answer.fired).toBe(truth.size);
  });

  test('an identity edit leaves every log-probability bit-identical', async () => {
    const intervention = await interventionOn(clients, 3, { scale: 1, offset: 0 });
    const events = await collect(
      clients.inference.generateText({
        model: MODEL,
        prompt: { $case: 'text', value: 'Once upon a time' },
        variants: [{ id: 'default' }, { id: 'identity', interventions: [intervention] }],
        sampling: { temperature: 0, maxTokens: 24 },
      }),
    );
    expect(logprobs(events, 1)).toEqual(logprobs(events, 0));
    expect(logprobs(events, 0)).toHaveLength(24);
  });

  test('a clamp moves x by exactly (v − f) · W_dec[i]', async () => {
    const feature = 3;
    const value = 5;
    const { tokens } = await clients.inference.tokenizeText({ model: MODEL, texts: [TEXT] });
    const ids = [...answerTensors.ids(tokens!.tokenIds, ['n'], 'token_ids')];
    const intervention = await interventionOn(clients, feature, { scale: 0, offset: value });
    const before = await activationsOf(clients, ids);
    const after = await activationsOf(clients, ids, [intervention]);
    const f = thresholdForm(intervention, before);
    for (let position = 1; position < ids.length; position++) {
      for (let d = 0; d < D_IN; d++) {
        const moved = (value - f[position]!) * sae.W_dec[feature * D_IN + d]!;
        expect(after[position * D_IN + d]! - before[position * D_IN + d]!).toBeCloseTo(moved, 4);
      }
    }
    expect(after.subarray(0, D_IN)).toEqual(before.subarray(0, D_IN));
  });

  test('found features steer the text, side by side with the default and with proof', async () => {
    const { contrasts } = await clients.features.findFeatures({
      parent: 'saes/tiny',
      positiveTexts: POSITIVE,
      negativeTexts: NEGATIVE,
    });
    const best = contrasts[0]!;
    expect(best.auroc).toBeGreaterThan(0.8);
    const events = await collect(
      clients.steering.generateSteeredText({
        prompt: 'Once upon a time',
        edits: [{ feature: best.feature!.name, mode: { $case: 'clampToMax', value: 5 } }],
        sampling: { temperature: 0, maxTokens: 32 },
        requireEffect: true,
      }),
    );
    const texts = events.flatMap(({ event }) => (event?.$case === 'finished' ? [event.value] : []));
    const [normal, steered] = ['STEERING_VARIANT_DEFAULT', 'STEERING_VARIANT_STEERED'].map(
      (variant) => texts.find((text) => text.variant === variant)!.text,
    );
    expect(normal).toContain('there was a');
    expect(steered).not.toBe(normal);
    const wanted = 5 * best.feature!.maxActivation;
    const proofs = events.flatMap(({ event }) =>
      event?.$case === 'proof' && event.value.edited ? [event.value] : [],
    );
    expect(proofs.length).toBeGreaterThan(30);
    for (const { features, deltaNorm } of proofs) {
      const { fBefore, fAfter } = features[0]!;
      // Decoder rows have unit norm, so the vector moves by as much as the feature is moved.
      expect(deltaNorm / (wanted - fBefore)).toBeCloseTo(1, 3);
      expect(fAfter).toBeGreaterThan(fBefore);
    }
    const summary = events.at(-1)!.event;
    expect(summary).toMatchObject({
      $case: 'summary',
      value: { notice: '', positionsEdited: proofs.length },
    });
  });

  test('an unknown feature is refused with the remedy', async () => {
    const call = collect(
      clients.steering.generateSteeredText({
        prompt: 'Once',
        edits: [{ feature: 'saes/tiny/features/70000', mode: { $case: 'clamp', value: 1 } }],
      }),
    );
    await expect(call).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining(`saes/tiny has no feature 70000; d_sae is ${D_SAE}`),
    });
  });
});

async function activationsOf(clients: Clients, ids: number[], interventions: Intervention[] = []) {
  const events = await collect(
    clients.inference.computeActivations({
      model: MODEL,
      hookPoints: [HOOK],
      input: {
        $case: 'tokens',
        value: { tokenIds: idTensor(Int32Array.from(ids)), lengths: [ids.length] },
      },
      dtype: DataType.F32,
      interventions,
    }),
  );
  const rows = new Float32Array(ids.length * D_IN);
  for (const { event } of events) {
    if (event?.$case !== 'block') continue;
    const { activations, firstRow } = event.value;
    rows.set(answerTensors.floats(activations, ['n', D_IN], 'activations'), firstRow * D_IN);
  }
  return rows;
}

async function interventionOn(
  clients: Clients,
  feature: number,
  rule: { scale: number; offset: number },
): Promise<Intervention> {
  const directions = await clients.saes.batchGetDirections({ name: 'saes/tiny', features: [feature] });
  const { encoderRows, encoderBias, threshold, decoderRows } = directions;
  expect(answerTensors.floats(decoderRows, [1, 'n'], 'decoder_rows')).toHaveLength(D_IN);
  const rules = [{ feature: 0, ...rule, scope: 'EDIT_SCOPE_ALL' as const, includeSpecialTokens: false }];
  const zeros = floatTensor(new Float32Array(1), [1]);
  return {
    hookPoint: HOOK,
    encoderRows,
    encoderBias: encoderBias ?? zeros,
    threshold: threshold ?? zeros,
    decoderRows,
    rules: rules.map((each) => ({
      ...each,
      gateThreshold: undefined,
      gateFeature: undefined,
      span: undefined,
    })),
  };
}

function logprobs(events: readonly GenerateTextResponse[], variant: number): number[] {
  return events.flatMap(({ event }) =>
    event?.$case === 'token' && event.value.variant === variant ? [event.value.logprob] : [],
  );
}

function maxDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i]!)), 0);
}
