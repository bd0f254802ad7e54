import { writeSaeArtifact } from '@facet/artifacts';
import type { EvaluateSaeRequest, SaeEvaluation } from '@facet/contracts';
import { answerTensors, flagTensor, floatTensor, idTensor } from '@facet/mesh';
import type { Lineage } from '@facet/objects';
import { decode, encodeReference, type Sae } from '@facet/sae';
import { type ReadyProcess, startInferenceProcess } from '../testing/child-process.ts';
import { identity, randomTopk, silent, standardSae } from '../testing/evaluation-saes.ts';
import { writeSparseSet } from '../testing/sparse-set.ts';
import {
  hasStories,
  STORIES,
  STORY_D_IN,
  STORY_HOOK,
  type StorySet,
  writeStorySet,
} from '../testing/story-set.ts';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;

/** Reads an evaluation to its end. */
async function evaluate(
  request: Partial<EvaluateSaeRequest>,
  { saes }: Replica = replica,
): Promise<SaeEvaluation> {
  let evaluation: SaeEvaluation | undefined;
  for await (const { event } of saes.evaluateSae(request)) {
    expect(evaluation).toBeUndefined();
    if (event?.$case === 'evaluation') evaluation = event.value;
  }
  return evaluation!;
}

async function publish(id: string, sae: Sae, lineage: Lineage): Promise<void> {
  const createTime = '2026-01-01T00:00:00Z';
  await writeSaeArtifact(system.store, id, sae, { createTime, lineage, metrics: {} });
}

(hasStories() ? describe : describe.skip)('evaluateSae through the model', () => {
  let inference: ReadyProcess;
  let set: StorySet;
  let ordinary: number[];

  beforeAll(async () => {
    system = await createTrainingSystem();
    inference = await startInferenceProcess(STORIES);
    replica = await system.start({ FACET_INFERENCE_ADDRESS: inference.ready });
    set = await writeStorySet(system.store, 'stories', inference.ready);
    ordinary = set.contexts.flatMap((ids) => ids.map((_, t) => (t === 0 ? 0 : 1)));
    await publish('identity', identity, set.lineage);
    await publish('zero', silent(new Float32Array(STORY_D_IN)), set.lineage);
    await publish('mean', silent(meanRow()), set.lineage);
    await publish('topk', randomTopk(5), set.lineage);
  }, 60_000);
  afterAll(async () => {
    set?.close();
    await inference?.end();
    await system?.stop();
  }, 30_000);

  const rowsOf = () => {
    const places = [...ordinary.keys()].filter((row) => ordinary[row] === 1);
    return places.map((row) => set.activations.subarray(row * STORY_D_IN, (row + 1) * STORY_D_IN));
  };
  const meanRow = () => {
    const rows = rowsOf();
    return Float32Array.from(
      { length: STORY_D_IN },
      (_, j) => rows.reduce((sum, x) => sum + x[j]!, 0) / rows.length,
    );
  };
  const of = (sae: string, more: Partial<EvaluateSaeRequest> = {}) =>
    evaluate({ name: `saes/${sae}`, activationSet: 'activationSets/stories', ...more });
  const count = () => ordinary.filter((flag) => flag === 1).length;
  /** Predictions from an ordinary token: all but those of BOS. */
  const predictions = () => count() - set.contexts.length;

  test('finds nothing lost through an SAE that reconstructs perfectly', async () => {
    const { reconstruction, model, tokens, contexts, selection, modelAbsentReason } = await of('identity');
    expect([Number(tokens), contexts]).toEqual([count(), set.contexts.length]);
    expect(selection).toBe('EVALUATION_SELECTION_LAST_CONTEXTS');
    expect(modelAbsentReason).toBe('');
    expect(reconstruction).toMatchObject({ l0: STORY_D_IN, fvu: 0, explainedVariance: 1, meanNormRatio: 1 });
    expect(reconstruction!.meanCosine).toBeCloseTo(1, 12);
    expect(Number(model!.tokens)).toBe(predictions());
    expect(Math.abs(model!.ceSae - model!.ceClean)).toBeLessThan(1e-6);
    expect(model!.klSae).toBeLessThan(1e-6);
    expect(model!.ceRecoveredZero).toBeCloseTo(1, 6);
    expect(model!.ceRecoveredMean).toBeCloseTo(1, 6);
    expect(model!.ceZero).toBeGreaterThan(model!.ceClean);
    expect(model!.ceMean).toBeGreaterThan(model!.ceClean);
  });

  test('equates an SAE that is silent with zero ablation', async () => {
    const { reconstruction, model } = await of('zero');
    expect(reconstruction).toMatchObject({ l0: 0, deadFraction: 1, meanCosine: 0, meanNormRatio: 0 });
    expect(reconstruction!.density!.counts.every((features) => features === 0n)).toBe(true);
    expect(model!.ceSae).toBeCloseTo(model!.ceZero, 6);
    expect(model!.ceRecoveredZero).toBeCloseTo(0, 6);
    expect(model!.klSae).toBeGreaterThan(0.1);
  });

  test('equates an SAE that always says the mean with mean ablation', async () => {
    const { reconstruction, model } = await of('mean');
    expect(reconstruction!.fvu).toBeCloseTo(1, 6);
    expect(model!.ceSae).toBeCloseTo(model!.ceMean, 6);
    expect(model!.ceRecoveredMean).toBeCloseTo(0, 6);
  });

  test('encodes topk by its own selection, and measures what the definitions say', async () => {
    const { reconstruction, model } = await of('topk');
    const sae = randomTopk(5);
    const rows = rowsOf();
    const x = Float32Array.from(rows.flatMap((row) => [...row]));
    const f = encodeReference(sae, x, rows.length);
    const x_hat = decode(sae, f);
    const mean = meanRow();
    const squares = (value: (at: number) => number) =>
      Array.from(x.keys()).reduce((sum, at) => sum + value(at) ** 2, 0);
    const fvu = squares((at) => x[at]! - x_hat[at]!) / squares((at) => x[at]! - mean[at % STORY_D_IN]!);
    expect(reconstruction!.l0).toBeCloseTo(f.indices.length / rows.length, 9);
    expect(reconstruction!.l0).toBeLessThanOrEqual(5);
    expect(reconstruction!.fvu).toBeCloseTo(fvu, 4);
    expect(reconstruction!.deadFraction).toBeCloseTo(1 - new Set(f.indices).size / sae.cfg.d_sae, 9);
    const alive = reconstruction!.density!.counts.reduce((sum, features) => sum + features, 0n);
    expect(Number(alive)).toBe(new Set(f.indices).size);
    const direct = await scoreDirectly(x_hat);
    expect(model!.ceSae).toBeCloseTo(direct.sae, 4);
    expect(model!.ceClean).toBeCloseTo(direct.clean, 5);
    expect(model!.klSae).toBeCloseTo(direct.kl, 4);
    const recovered = (model!.ceZero - direct.sae) / (model!.ceZero - direct.clean);
    expect(model!.ceRecoveredZero).toBeCloseTo(recovered, 4);
  });

  /** Means over the same predictions, asked of inference one context at a time. */
  const scoreDirectly = async (x_hat: Float32Array) => {
    const sums = { sae: 0, clean: 0, kl: 0 };
    let used = 0;
    for (const ids of set.contexts) {
      const rows = new Float32Array(ids.length * STORY_D_IN);
      rows.set(x_hat.subarray(used * STORY_D_IN, (used + ids.length - 1) * STORY_D_IN), STORY_D_IN);
      used += ids.length - 1;
      const tokenIds = idTensor(Int32Array.from(ids));
      const { scores } = await set.client.scoreText({
        model: 'models/m',
        input: { $case: 'tokens', value: { tokenIds, lengths: [ids.length] } },
        replacements: [
          {
            hookPoint: STORY_HOOK,
            activations: floatTensor(rows, [ids.length, STORY_D_IN]),
            mask: flagTensor(Uint8Array.from(ids, (_, t) => (t === 0 ? 0 : 1))),
          },
        ],
        compareWithUnedited: true,
      });
      const sum = (tensor: (typeof scores)[0]['nll']) =>
        answerTensors
          .floats(tensor, ['n'], 'nll')
          .slice(1)
          .reduce((total, value) => total + value, 0);
      sums.sae += sum(scores[0]!.nll);
      sums.clean += sum(scores[0]!.uneditedNll);
      sums.kl += sum(scores[0]!.kl);
    }
    const n = predictions();
    return { sae: sums.sae / n, clean: sums.clean / n, kl: sums.kl / n };
  };

  test('measures as many tokens as asked for, from either end', async () => {
    const last = await of('topk', { maxTokens: 20 });
    const first = await of('topk', { maxTokens: 20, heldOut: false });
    expect([last.tokens, first.tokens]).toEqual([20n, 20n]);
    expect([last.model!.tokens, first.model!.tokens]).toEqual([19n, 19n]);
    expect(first.selection).toBe('EVALUATION_SELECTION_FIRST_CONTEXTS');
    expect(first.model!.ceClean).not.toBe(last.model!.ceClean);
  });

  test('leaves the model out where that is asked for, and says so', async () => {
    const { model, modelAbsentReason, reconstruction } = await of('topk', { reconstructionOnly: true });
    expect(model).toBeUndefined();
    expect(modelAbsentReason).toMatch(/reconstruction_only/);
    expect(reconstruction!.l0).toBeGreaterThan(0);
  });

  test('refuses a set whose model inference holds with other weights', async () => {
    const lineage = { ...set.lineage, modelSha256: 'c'.repeat(64) };
    await writeSparseSet(system.store, 'elsewhere', { shards: 2, lineage });
    const sae = standardSae(() => undefined);
    const narrow: Sae = {
      ...sae,
      cfg: { ...sae.cfg, d_in: 16, d_sae: 16 },
      W_enc: new Float32Array(256),
      b_enc: new Float32Array(16),
      W_dec: new Float32Array(256),
      b_dec: new Float32Array(16),
    };
    await publish('elsewhere', narrow, { ...lineage, hookPoint: 'blocks.2.hook_resid_post' });
    const request = { name: 'saes/elsewhere', activationSet: 'activationSets/elsewhere' };
    await expect(evaluate(request)).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringContaining('modelSha256'),
    });
    await expect(evaluate({ ...request, activationSet: 'activationSets/stories' })).rejects.toMatchObject({
      reason: 'LINEAGE_MISMATCH',
    });
  });

  test('goes on with the next evaluation after a reader left the one before', async () => {
    const request = { name: 'saes/topk', activationSet: 'activationSets/stories' };
    for await (const { event } of replica.saes.evaluateSae(request)) {
      expect(event?.$case).toBe('progress');
      break;
    }
    expect((await of('identity')).reconstruction!.fvu).toBe(0);
  });

  test('names the address where inference is not there', async () => {
    const lost = await system.start({ FACET_INFERENCE_ADDRESS: '127.0.0.1:1' });
    const request = { name: 'saes/topk', activationSet: 'activationSets/stories' };
    await expect(evaluate(request, lost)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await lost.stop();
  });
});

describe('evaluateSae of a trained SAE', () => {
  beforeAll(async () => {
    system = await createTrainingSystem();
    replica = await system.start();
    await writeSparseSet(system.store, 'toy', { shards: 2 });
    await writeSparseSet(system.store, 'other', { shards: 2, seed: 2n });
    await replica.training.createTrainingRun({
      trainingRunId: 'run',
      spec: {
        activationSets: ['activationSets/toy'],
        sae: 'saes/run',
        dSae: 32,
        recipe: { $case: 'topk', value: { k: 3 } },
        batchTokens: 256,
        heldOutFraction: 0.2,
      },
    });
    for await (const _ of replica.training.watchTrainingRun({ name: 'trainingRuns/run' }));
  }, 60_000);
  afterAll(() => system.stop());

  test('measures the documents that its run held out, and what the run measured on them', async () => {
    const { trainingRun } = await replica.training.getTrainingRun({ name: 'trainingRuns/run' });
    const trained = trainingRun!.evaluation!;
    const evaluation = await evaluate({ name: 'saes/run', activationSet: 'activationSets/toy' });
    expect(evaluation.selection).toBe('EVALUATION_SELECTION_HELD_OUT_DOCUMENTS');
    expect(evaluation.tokens).toBe(trained.heldOutTokens);
    expect(evaluation.reconstruction!.l0).toBeCloseTo(trained.l0, 6);
    expect(evaluation.reconstruction!.fvu).toBeCloseTo(trained.fvu, 4);
    expect(evaluation.model).toBeUndefined();
    expect(evaluation.modelAbsentReason).toContain('FACET_INFERENCE_ADDRESS');
    expect(evaluation.lineage).toMatchObject({ saeId: 'run', activationSetId: 'toy', modelId: 'toy' });
  });

  test('measures the last contexts of a set that it did not train on', async () => {
    const request = { name: 'saes/run', activationSet: 'activationSets/other', maxTokens: 1000 };
    const evaluation = await evaluate(request);
    expect(evaluation.selection).toBe('EVALUATION_SELECTION_LAST_CONTEXTS');
    expect(evaluation.tokens).toBe(1000n);
  });

  test.each([
    ['an unknown SAE', { name: 'saes/none' }, { kind: 'not-found' }],
    [
      'an unknown set',
      { activationSet: 'activationSets/none' },
      { kind: 'not-found', field: 'activation_set' },
    ],
    ['a wrong name', { activationSet: 'toy' }, { kind: 'invalid', field: 'activation_set' }],
    ['too many tokens', { maxTokens: 1_000_001 }, { kind: 'invalid', field: 'max_tokens' }],
  ])('refuses %s', async (_, change, error) => {
    const request = { name: 'saes/run', activationSet: 'activationSets/toy', ...change };
    await expect(evaluate(request)).rejects.toMatchObject(error);
  });
});
