import { EditScope, SteeringVariant } from '@facet/contracts';
import { EARLY_HOOK, HOOK, MODEL, TOPK_THRESHOLD } from '../testing/fixture.ts';
import {
  collectSteering,
  editOf,
  hasModel,
  type SteeringSystem,
  startSteeringSystem,
} from '../testing/steering-system.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const PROMPT = 'Once upon a time';
const greedy = { temperature: 0, maxTokens: 12 };

describeWithModel('GenerateSteeredText', () => {
  let system: SteeringSystem;

  beforeAll(async () => {
    system = await startSteeringSystem();
  }, 90_000);

  afterAll(async () => {
    await system?.stop();
  }, 30_000);

  type Request = Parameters<SteeringSystem['client']['generateSteeredText']>[0];
  const steer = (request: Request) =>
    collectSteering(system.client.generateSteeredText({ prompt: PROMPT, sampling: greedy, ...request }));

  test('streams both texts of one batch with the proof of every position', async () => {
    const value = 8;
    const edit = editOf('plain/3', { $case: 'clamp', value }, { scope: EditScope.ALL });
    const { started, tokens, proofs, finished, summary, order } = await steer({ edits: [edit] });

    expect(order[0]).toBe('started');
    expect(order.at(-1)).toBe('summary');
    expect(started).toMatchObject({ model: MODEL, edits: [{ edit, hookPoint: HOOK, thresholdForm: false }] });
    expect(started.lineage).toMatchObject({ modelId: 'stories260k', saeId: '', hookPoint: HOOK });
    expect(started.lineage!.saeSha256).toMatch(/^[0-9a-f]{64}$/);

    const [normal, steered] = [SteeringVariant.DEFAULT, SteeringVariant.STEERED].map((variant) => ({
      tokens: tokens.filter((token) => token.variant === variant),
      end: finished.find((end) => end.variant === variant)!,
    }));
    expect(normal!.end.text).toContain('there was a');
    expect(steered!.end.text).not.toBe(normal!.end.text);
    for (const text of [normal!, steered!]) {
      expect(text.tokens).toHaveLength(12);
      expect(text.tokens.map((token) => token.text).join('')).toBe(text.end.text);
    }
    expect(normal!.tokens.every(({ kl, unsteeredLogprob }) => kl === undefined && !unsteeredLogprob)).toBe(
      true,
    );
    expect(steered!.tokens.every(({ kl }) => kl! > 0)).toBe(true);

    // The last generated token is never run.
    const promptTokens = started.promptTokenTexts.length;
    expect(proofs.map(({ position }) => position)).toEqual([...Array(promptTokens + 11).keys()]);
    expect(proofs[0]).toMatchObject({ edited: false, deltaNorm: 0 });
    for (const { edited, deltaNorm, features } of proofs.slice(1)) {
      expect(edited).toBe(true);
      // ‖x' − x‖ = |v − f| · ‖d‖, and d has length 1.
      expect(deltaNorm).toBeCloseTo(Math.abs(value - features[0]!.fBefore), 4);
      if (features[0]!.fBefore > 0) expect(features[0]!.fAfter).toBeCloseTo(value, 3);
    }
    const edited = proofs.slice(1);
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(summary.positions).toBe(proofs.length);
    expect(summary.positionsEdited).toBe(edited.length);
    expect(summary.meanDeltaNorm).toBeCloseTo(mean(edited.map(({ deltaNorm }) => deltaNorm)), 6);
    expect(summary.meanXNorm).toBeCloseTo(mean(edited.map(({ xNorm }) => xNorm)), 6);
    expect(summary.meanKl).toBeCloseTo(mean(steered!.tokens.map(({ kl }) => kl!)), 6);
    const nll = mean(steered!.tokens.map(({ unsteeredLogprob }) => -unsteeredLogprob!));
    expect(summary.unsteeredNll).toBeCloseTo(nll, 6);
    expect(summary.notice).toBe('');
  });

  test('says that the identity changed nothing, and fails where an effect is required', async () => {
    const edits = [editOf('plain/3', { $case: 'scale', value: 1 })];
    const { summary, finished } = await steer({ edits });
    expect(finished[0]!.text).toBe(finished[1]!.text);
    expect(summary).toMatchObject({ positionsEdited: 0, meanDeltaNorm: 0, meanKl: 0 });
    expect(summary.notice).toContain('moved no vector');
    await expect(steer({ edits, requireEffect: true })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'STEERING_HAD_NO_EFFECT',
    });
  });

  test('says that nothing was edited where the scope holds special tokens only', async () => {
    const scope = { scope: EditScope.SPAN, span: { start: 0, end: 1 } };
    const add = { $case: 'add' as const, value: 4 };
    const left = await steer({ edits: [editOf('plain/3', add, scope)] });
    expect(left.summary.notice).toContain('nothing was edited');
    const edits = [editOf('plain/3', add, { ...scope, includeSpecialTokens: true })];
    const { proofs, summary } = await steer({ edits });
    expect(summary).toMatchObject({ positionsEdited: 1, notice: '' });
    expect(proofs[0]).toMatchObject({ edited: true, deltaNorm: 4 });
  });

  test('edits the prompt only, or generated positions only', async () => {
    const clamp = { $case: 'clamp' as const, value: 3 };
    const inPrompt = await steer({ edits: [editOf('plain/1', clamp, { scope: EditScope.PROMPT })] });
    const promptTokens = inPrompt.started.promptTokenTexts.length;
    expect(inPrompt.summary.positionsEdited).toBe(promptTokens - 1);
    const after = await steer({ edits: [editOf('plain/1', clamp, { scope: EditScope.GENERATED })] });
    expect(after.proofs.filter(({ edited }) => edited).map(({ position }) => position)).toEqual(
      Array.from({ length: 11 }, (_, i) => promptTokens + i),
    );
  });

  test('reads a condition from a feature that is not edited itself', async () => {
    const greaterThan = 0.5;
    const condition = { feature: 'saes/plain/features/5', greaterThan };
    const add = { $case: 'add' as const, value: 2 };
    const seen = await steer({ edits: [editOf('plain/5', { $case: 'scale', value: 1 })], steeredOnly: true });
    const { proofs } = await steer({ edits: [editOf('plain/3', add, { condition })], steeredOnly: true });
    const promptTokens = seen.started.promptTokenTexts.length;
    // Up to the first edit both runs see the same vectors.
    const open = seen.proofs.slice(1, promptTokens).map(({ features }) => features[0]!.fBefore > greaterThan);
    expect(new Set(open)).toEqual(new Set([true, false]));
    expect(proofs.slice(1, promptTokens).map(({ edited }) => edited)).toEqual(open);
    expect(proofs.every(({ features }) => features.length === 1 && features[0]!.edit === 0)).toBe(true);
  });

  test('clamps only where the feature fired', async () => {
    const edits = [editOf('plain/7', { $case: 'clampIfActive', value: 6 })];
    const { proofs } = await steer({ edits, steeredOnly: true });
    const fired = proofs.slice(1).map(({ features }) => features[0]!.fBefore > 0);
    expect(new Set(fired)).toEqual(new Set([true, false]));
    expect(proofs.slice(1).map(({ edited }) => edited)).toEqual(fired);
  });

  test('edits features of two SAEs at two hook points', async () => {
    const edits = [
      editOf('plain/2', { $case: 'add', value: 1 }),
      editOf('topk/4', { $case: 'clamp', value: 9 }),
      editOf('plain/6', { $case: 'ablate', value: {} }),
    ];
    const { started, proofs, summary } = await steer({ edits });
    expect(started.edits).toMatchObject([
      { hookPoint: HOOK, scale: 1, offset: 1, thresholdForm: false },
      { hookPoint: EARLY_HOOK, scale: 0, offset: 9, threshold: TOPK_THRESHOLD, thresholdForm: true },
      { hookPoint: HOOK, scale: 0, offset: 0 },
    ]);
    expect(started.lineage!.saeSha256).toBe('');
    const at = (hookPoint: string) => proofs.filter((proof) => proof.hookPoint === hookPoint);
    expect(at(HOOK)[3]!.features.map(({ edit }) => edit)).toEqual([0, 2]);
    expect(at(EARLY_HOOK)[3]!.features.map(({ edit }) => edit)).toEqual([1]);
    expect(at(HOOK)).toHaveLength(summary.positions);
    expect(at(EARLY_HOOK)).toHaveLength(summary.positions);
  });

  test('leaves out what the caller does not want', async () => {
    const edits = [editOf('plain/3', { $case: 'clamp', value: 8 })];
    const { order, finished, summary, tokens } = await steer({
      edits,
      steeredOnly: true,
      skipComparison: true,
      skipProofs: true,
    });
    expect(order).toEqual(['started', ...Array(12).fill('token'), 'finished', 'summary']);
    expect(finished[0]!.variant).toBe(SteeringVariant.STEERED);
    expect(tokens.every(({ kl, unsteeredLogprob }) => kl === undefined && !unsteeredLogprob)).toBe(true);
    expect(summary.meanKl).toBeUndefined();
    expect(summary.unsteeredNll).toBeUndefined();
    expect(summary.positionsEdited).toBeGreaterThan(10);
  });

  test('the same seed gives the same texts', async () => {
    const edits = [editOf('plain/3', { $case: 'add', value: 3 })];
    const first = await steer({ edits, sampling: { maxTokens: 12 } });
    const sampling = { maxTokens: 12, seed: first.started.seed };
    const second = await steer({ edits, sampling });
    expect(second.finished).toEqual(first.finished);
  });

  test('draws with every option of sampling and tells the likeliest tokens of both texts', async () => {
    const edits = [editOf('plain/3', { $case: 'add', value: 3 })];
    const options = {
      ...{ temperature: 0.8, topK: 50, topP: 0.95, minP: 0.02, repetitionPenalty: 4, seed: 4n },
      ...{ presencePenalty: 0.5, frequencyPenalty: 0.25, topLogprobs: 3, maxTokens: 12, ignoreEos: true },
      logitBias: [{ tokenId: 20, bias: -100 }],
    };
    const { tokens } = await steer({ edits, sampling: options });
    expect(tokens).toHaveLength(24);
    for (const { tokenId, logprob, topLogprobs } of tokens) {
      expect(topLogprobs).toHaveLength(3);
      expect(topLogprobs.find((top) => top.tokenId === tokenId)?.logprob ?? logprob).toBe(logprob);
    }
    const plain = await steer({ edits, sampling: { ...options, repetitionPenalty: 1, topLogprobs: 0 } });
    expect(plain.tokens.every(({ topLogprobs }) => topLogprobs.length === 0)).toBe(true);
    expect(plain.finished).not.toEqual((await steer({ edits, sampling: options })).finished);
    await expect(steer({ edits, sampling: { repetitionPenalty: 0.001 } })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'sampling.repetition_penalty',
      message: expect.stringContaining('repetition_penalty 0.001'),
    });
  });

  test('an empty prompt is the BOS token alone', async () => {
    const edits = [editOf('plain/3', { $case: 'add', value: 3 })];
    const { started, summary } = await steer({ prompt: '', edits });
    expect(started.promptTokenTexts).toHaveLength(1);
    expect(summary.positionsEdited).toBe(11);
  });

  test('a prompt that passes the context is refused by its own field', async () => {
    const edits = [editOf('plain/3', { $case: 'add', value: 3 })];
    await expect(steer({ prompt: 'dog '.repeat(2000), edits })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'prompt',
      reason: 'CONTEXT_EXCEEDED',
    });
  });

  test("steers a chat that the model's template writes", async () => {
    const edits = [editOf('plain/3', { $case: 'clamp', value: 8 })];
    const messages = [
      { role: 'user', content: 'Once upon' },
      { role: 'bot', content: 'a time' },
    ];
    const steered = await steer({ prompt: '', chat: { messages }, edits });
    const text = await steer({ prompt: '<user> Once upon <bot> a time ', edits });
    expect(steered.started.promptTokenTexts).toEqual(text.started.promptTokenTexts);
    expect(steered.finished).toEqual(text.finished);
    expect(steered.summary).toEqual(text.summary);
  });

  test.each([
    [{ chat: { messages: [] } }, 'chat', /a prompt is given too; give one of the two/],
    [{ prompt: '', chat: { messages: [] } }, 'chat.messages', /^chat.messages: 0 messages/],
    [{ prompt: '', chat: { messages: [{ role: 'a', content: 'dog '.repeat(2000) }] } }, 'chat', /^chat: /],
  ])('refuses the chat of %.60j by its own field', async (request, field, message) => {
    const edits = [editOf('plain/3', { $case: 'add', value: 3 })];
    await expect(steer({ ...request, edits })).rejects.toMatchObject({
      kind: 'invalid',
      field,
      message: expect.stringMatching(message),
    });
  });

  test('a cancelled call ends at once', async () => {
    const edits = [editOf('plain/3', { $case: 'add', value: 1 })];
    const stop = new AbortController();
    const events = system.client.generateSteeredText(
      { prompt: PROMPT, edits, sampling: { maxTokens: 400, ignoreEos: true } },
      { signal: stop.signal },
    );
    const read = async () => {
      let count = 0;
      for await (const _ of events) if (++count === 20) stop.abort();
      return count;
    };
    await expect(read()).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('a stored profile is used by its name', async () => {
    const edits = [editOf('plain/3', { $case: 'clamp', value: 8 })];
    await system.client.createSteeringProfile({ steeringProfileId: 'used', steeringProfile: { edits } });
    const direct = await steer({ edits });
    const stored = await steer({ profile: 'steeringProfiles/used' });
    expect(stored.finished).toEqual(direct.finished);
    expect(stored.summary).toEqual(direct.summary);
    await expect(steer({ profile: 'steeringProfiles/used', edits })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'profile',
    });
    await expect(steer({ profile: 'steeringProfiles/none' })).rejects.toMatchObject({ kind: 'not-found' });
  });
});
