import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { collectGeneration, randomIntervention, readFloats, readIds, tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let width: number;
  const hookPoint = 'blocks.1.hook_resid_post';
  const { prompt, token_ids } = golden.cases[0]!;
  const text = { $case: 'text', value: prompt } as const;
  const greedy = { temperature: 0, ignoreEos: true };

  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
    width = (await setup.client.getModel({ name: 'models/m' })).model!.dModel;
  });
  afterAll(() => setup?.close());

  const generate = (request: Parameters<InferenceSetup['client']['generateText']>[0]) =>
    collectGeneration(setup.client.generateText({ model: 'models/m', prompt: text, ...request }));
  const variantText = (run: Awaited<ReturnType<typeof generate>>, variant: number) =>
    run.tokens
      .filter((token) => token.variant === variant)
      .map((token) => token.text)
      .join('');

  test.each(golden.cases)('continues "$prompt" with the golden greedy tokens', async (golden) => {
    const run = await generate({
      prompt: { $case: 'text', value: golden.prompt },
      sampling: { ...greedy, maxTokens: 48 },
    });
    expect(run.order[0]).toBe('started');
    expect(readIds(run.started[0]!.prompt!.tokenIds)).toEqual(golden.token_ids);
    expect(run.started[0]!.variantIds).toEqual(['default']);
    const ids = run.tokens.map(({ tokenId }) => tokenId);
    expect([...golden.token_ids, ...ids]).toEqual(golden.greedy_ids);
    expect(run.tokens.map(({ position }) => position)).toEqual(
      ids.map((_, i) => golden.token_ids.length + i),
    );
    const [finished] = run.finished;
    expect(finished).toMatchObject({ reason: 'FINISH_REASON_MAX_TOKENS', tokens: 48, positionsEdited: 0 });
    expect(variantText(run, 0)).toBe(finished!.text);
    expect(golden.prompt + finished!.text).toBe((golden as unknown as { greedy_text: string }).greedy_text);
  });

  test('leaves text, logprobs and distribution untouched by an identity edit', async () => {
    const identity = randomIntervention(hookPoint, { width, features: 3 }, [
      { feature: 0, scale: 1, includeSpecialTokens: true },
      { feature: 2, scale: 1, offset: 0 },
    ]);
    const run = await generate({
      variants: [{ id: 'default' }, { id: 'identity', interventions: [identity] }],
      sampling: { seed: 5n, maxTokens: 20 },
      compareWithUnedited: true,
    });
    const [plain, edited] = [0, 1].map((variant) => run.tokens.filter((token) => token.variant === variant));
    expect(edited!.map(({ variant: _, ...rest }) => rest)).toEqual(
      plain!.map(({ variant: _, ...rest }) => rest),
    );
    for (const { kl, logprob, uneditedLogprob } of run.tokens) {
      expect(kl).toBe(0);
      expect(uneditedLogprob).toBe(logprob);
    }
    // The rule applied everywhere, and still changed nothing.
    expect(run.finished[1]!.positionsEdited).toBe(token_ids.length + edited!.length - 1);
    for (const proof of run.proofs)
      expect(readFloats(proof.deltaNorm).every((norm) => norm === 0)).toBe(true);
  });

  test('clamps a feature while one variant is generated, proves it, and leaves the other alone', async () => {
    const value = 8;
    const clamp = randomIntervention(hookPoint, { width, seed: 3 }, [
      { feature: 0, scale: 0, offset: value },
    ]);
    const sampling = { ...greedy, maxTokens: 12 };
    const run = await generate({
      variants: [{ id: 'default' }, { id: 'steered', interventions: [clamp] }],
      sampling,
      compareWithUnedited: true,
    });
    const alone = await generate({ sampling });
    expect(variantText(run, 0)).toBe(alone.finished[0]!.text);
    expect(variantText(run, 1)).not.toBe(alone.finished[0]!.text);
    expect(run.tokens.filter(({ variant, kl }) => variant === 1 && kl! > 0.001).length).toBeGreaterThan(0);
    // Proofs cover every position that ran, in order; the last token was never fed.
    const positions = run.proofs.flatMap((proof) =>
      Array.from({ length: proof.positions }, (_, i) => proof.firstPosition + i),
    );
    expect(positions).toEqual(Array.from({ length: token_ids.length + 11 }, (_, i) => i));
    const norm = Math.hypot(...readFloats(clamp.decoderRows));
    for (const proof of run.proofs) {
      expect(proof).toMatchObject({ sequence: 1, hookPoint });
      const [before, delta] = [readFloats(proof.fBefore), readFloats(proof.deltaNorm)];
      proof.edited!.data.forEach((edited, i) => {
        const isBos = proof.firstPosition + i === 0;
        expect(edited).toBe(isBos ? 0 : 1);
        const expected = isBos ? 0 : Math.abs(value - before[i]!) * norm;
        expect(Math.abs(delta[i]! - expected)).toBeLessThanOrEqual(1e-3 * Math.max(1, expected));
      });
    }
    expect(run.finished.find(({ variant }) => variant === 1)!.positionsEdited).toBe(token_ids.length + 10);
  });

  test('gives every variant the random numbers of the seed, and the same text for the same seed', async () => {
    const request = {
      variants: [{ id: 'a' }, { id: 'b' }],
      sampling: { temperature: 1.5, topK: 50, topP: 0.95, seed: 2n ** 63n + 1n, maxTokens: 16 },
    };
    const [first, second] = [await generate(request), await generate(request)];
    expect(first.started[0]!.seed).toBe(2n ** 63n + 1n);
    expect(variantText(first, 0)).toBe(variantText(first, 1));
    expect(second.tokens).toEqual(first.tokens);
    const other = await generate({ ...request, sampling: { ...request.sampling, seed: 1n } });
    expect(other.tokens.map(({ tokenId }) => tokenId)).not.toEqual(
      first.tokens.map(({ tokenId }) => tokenId),
    );
    const chosen = await generate({ sampling: { maxTokens: 4 } });
    const replayed = await generate({ sampling: { maxTokens: 4, seed: chosen.started[0]!.seed } });
    expect(replayed.tokens).toEqual(chosen.tokens);
  });

  test('ends at a stop text across tokens, without sending it, and goes on with the other variants', async () => {
    const whole = (await generate({ sampling: { ...greedy, maxTokens: 24 } })).finished[0]!.text;
    // Starts in the middle of one word and ends in the middle of the next.
    const middle = whole.indexOf(' ', 12);
    const stop = whole.slice(middle - 2, middle + 3);
    const before = whole.slice(0, whole.indexOf(stop));
    const steered = randomIntervention(hookPoint, { width, seed: 3 }, [{ feature: 0, scale: 0, offset: 8 }]);
    const run = await generate({
      variants: [{ id: 'default' }, { id: 'steered', interventions: [steered] }],
      sampling: { ...greedy, maxTokens: 24, stop: [stop, 'never to be seen'] },
    });
    expect(run.finished[0]).toMatchObject({ variant: 0, reason: 'FINISH_REASON_STOP', text: before });
    expect(variantText(run, 0)).toBe(before);
    const ended = run.order.indexOf('finished');
    expect(run.finished[0]!.tokens).toBeLessThan(24);
    expect(run.order.slice(ended + 1)).toContain('token');
    expect(run.tokens.filter(({ variant }) => variant === 1)).toHaveLength(run.finished[1]!.tokens);
    expect(run.proofs.at(-1)!.sequence).toBe(1);
  });

  test('ends at an end-of-sequence token, which is reported without text, unless told to ignore it', async () => {
    const expected = golden.cases[0]!.greedy_ids.slice(token_ids.length);
    const place = 4;
    const eos = expected[place]!;
    expect(expected.indexOf(eos)).toBe(place);
    const copy = await copyWithEos(directory, eos);
    const other = await serveInference(`m=${copy}`);
    try {
      const run = async (ignoreEos: boolean) =>
        collectGeneration(
          other.client.generateText({
            model: 'models/m',
            prompt: text,
            sampling: { temperature: 0, maxTokens: 8, ignoreEos },
          }),
        );
      const ended = await run(false);
      expect(ended.tokens.map(({ tokenId }) => tokenId)).toEqual(expected.slice(0, place + 1));
      expect(ended.tokens.at(-1)).toMatchObject({ tokenId: eos, text: '' });
      expect(ended.finished[0]).toMatchObject({ reason: 'FINISH_REASON_EOS', tokens: place + 1 });
      const through = await run(true);
      expect(through.finished[0]).toMatchObject({ reason: 'FINISH_REASON_MAX_TOKENS', tokens: 8 });
      expect(through.finished[0]!.text.startsWith(ended.finished[0]!.text)).toBe(true);
    } finally {
      await other.close();
      await rm(copy, { recursive: true });
    }
  });

  test('takes what fits when max_tokens is left out, and says that it ended there', async () => {
    const { model } = await setup.client.getModel({ name: 'models/m' });
    const long = Array.from({ length: model!.nCtx - 3 }, (_, i) => token_ids[i % token_ids.length]!);
    const run = await generate({ prompt: { $case: 'tokens', value: tokens(long) }, sampling: greedy });
    expect(run.tokens).toHaveLength(3);
    expect(run.tokens.at(-1)!.position).toBe(model!.nCtx - 1);
    expect(run.finished[0]).toMatchObject({ reason: 'FINISH_REASON_MAX_TOKENS', tokens: 3 });
  });

  test('edits the prompt, the generated part or a span only', async () => {
    const clamp = (rule: object) =>
      randomIntervention(hookPoint, { width }, [{ feature: 0, scale: 0, offset: 3, ...rule }]);
    const scopes = [
      { scope: 'EDIT_SCOPE_PROMPT' },
      { scope: 'EDIT_SCOPE_GENERATED' },
      { scope: 'EDIT_SCOPE_SPAN', span: { start: 2, end: 4 } },
      { scope: 'EDIT_SCOPE_ALL', includeSpecialTokens: true },
      { gateThreshold: 1e30 },
    ];
    const run = await generate({
      variants: scopes.map((scope, i) => ({ id: `${i}`, interventions: [clamp(scope)] })),
      sampling: { ...greedy, maxTokens: 6 },
    });
    const prompt = token_ids.length;
    const edited = run.finished.map((end) => [end.variant, end.positionsEdited]);
    const { model } = await setup.client.getModel({ name: 'models/m' });
    const generated = run.tokens.filter(({ variant }) => variant === 1).slice(0, 5);
    const ordinary = generated.filter(({ tokenId }) => !model!.specialTokenIds.includes(tokenId));
    expect(edited).toEqual([
      [0, prompt - 1],
      [1, ordinary.length],
      [2, 2],
      [3, prompt + 5],
      [4, 0],
    ]);
  });
});

/** Copies a model directory and makes `eos` its only end-of-sequence token. */
async function copyWithEos(directory: string, eos: number): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'facet-eos-'));
  const files = ['model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  for (const file of files) await cp(join(directory, file), join(copy, file));
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
  await writeFile(join(copy, 'config.json'), JSON.stringify({ ...config, eos_token_id: eos }));
  return copy;
}
