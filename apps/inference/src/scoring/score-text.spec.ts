import { describeSharedModels, expectClose } from '@facet/model-runtime/testing';
import { randomIntervention, readFloats, readIds, tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let width: number;
  const hookPoint = 'blocks.0.hook_resid_post';
  const texts = { $case: 'texts', value: { texts: golden.cases.map(({ prompt }) => prompt) } } as const;

  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
    width = (await setup.client.getModel({ name: 'models/m' })).model!.dModel;
  });
  afterAll(() => setup?.close());

  test('equals the golden nll of every token, and its mean', async () => {
    const { scores } = await setup.client.scoreText({
      model: 'models/m',
      input: texts,
      includeTokenTexts: true,
    });
    expect(scores).toHaveLength(golden.cases.length);
    golden.cases.forEach(({ nll, token_ids, prompt }, i) => {
      const score = scores[i]!;
      expect(readIds(score.tokenIds)).toEqual(token_ids);
      expect(score.tokenTexts.slice(1).join('').trim()).toBe(prompt);
      expectClose(readFloats(score.nll), nll);
      expect(Math.abs(score.meanNll - nll.reduce((sum, value) => sum + value, 0) / nll.length)).toBeLessThan(
        1e-4,
      );
      expect(score.kl).toBeUndefined();
      expect(score.uneditedNll).toBeUndefined();
    });
  });

  test('measures a kl of exactly 0 for an identity edit and more for a clamp, beside unchanged BOS', async () => {
    const request = { model: 'models/m', input: texts, compareWithUnedited: true };
    const identity = randomIntervention(hookPoint, { width, features: 4 }, [{ feature: 3, scale: 1 }]);
    const plain = await setup.client.scoreText(request);
    const same = await setup.client.scoreText({ ...request, interventions: [identity] });
    const clamp = randomIntervention(hookPoint, { width }, [{ feature: 0, scale: 0, offset: 5 }]);
    const moved = await setup.client.scoreText({ ...request, interventions: [clamp] });
    golden.cases.forEach(({ token_ids }, i) => {
      expect(readFloats(same.scores[i]!.nll)).toEqual(readFloats(plain.scores[i]!.nll));
      for (const { scores } of [plain, same, moved])
        expect(readFloats(scores[i]!.uneditedNll)).toEqual(readFloats(plain.scores[i]!.nll));
      expect([...readFloats(same.scores[i]!.kl)]).toEqual(new Array(token_ids.length - 1).fill(0));
      expect([...readFloats(plain.scores[i]!.kl)]).toEqual(new Array(token_ids.length - 1).fill(0));
      const kl = readFloats(moved.scores[i]!.kl);
      expect(kl[0]).toBe(0);
      expect(kl.slice(1).every((value) => value > 0)).toBe(true);
      expect(moved.scores[i]!.proofs).toHaveLength(1);
      expect(moved.scores[i]!.proofs[0]).toMatchObject({ sequence: i, positions: token_ids.length });
    });
  });

  test('agrees with the generated logprobs and kl on the same tokens', async () => {
    const clamp = randomIntervention(hookPoint, { width }, [{ feature: 0, scale: 0, offset: 3 }]);
    const prompt = golden.cases[0]!.token_ids;
    const generated: { tokenId: number; logprob: number; kl?: number | undefined }[] = [];
    const stream = setup.client.generateText({
      model: 'models/m',
      prompt: { $case: 'tokens', value: tokens(prompt) },
      variants: [{ id: 'steered', interventions: [clamp] }],
      sampling: { seed: 9n, maxTokens: 10, ignoreEos: true },
      compareWithUnedited: true,
    });
    for await (const { event } of stream) if (event?.$case === 'token') generated.push(event.value);
    const whole = [...prompt, ...generated.map(({ tokenId }) => tokenId)];
    const input = { $case: 'tokens', value: tokens(whole) } as const;
    const { scores } = await setup.client.scoreText({
      model: 'models/m',
      input,
      interventions: [clamp],
      compareWithUnedited: true,
    });
    const from = prompt.length - 1;
    expectClose(
      readFloats(scores[0]!.nll).slice(from),
      generated.map(({ logprob }) => -logprob),
    );
    expectClose(
      readFloats(scores[0]!.kl).slice(from),
      generated.map(({ kl }) => kl!),
    );
  });

  test('answers single tokens with nothing to score', async () => {
    const input = { $case: 'tokens', value: tokens([1]) } as const;
    const { scores } = await setup.client.scoreText({ model: 'models/m', input, compareWithUnedited: true });
    expect(scores[0]).toMatchObject({ meanNll: 0 });
    expect(readFloats(scores[0]!.nll)).toHaveLength(0);
    expect(readFloats(scores[0]!.kl)).toHaveLength(0);
  });
});
