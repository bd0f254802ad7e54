import { type ModelRuntime, openModelRuntime } from '@facet/model-runtime';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { createSamplingMemory, createTokenSampler, type SamplingOptions } from '@facet/transformer/sampling';
import { collectGeneration, randomIntervention, readFloats, readIds, tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let runtime: ModelRuntime;
  const hookPoint = 'blocks.1.hook_resid_post';
  const { prompt, token_ids } = golden.cases[0]!;
  const text = { $case: 'text', value: prompt } as const;
  /** Every option at once, each strong enough to change the text. */
  const everything = {
    temperature: 0.9,
    topK: 60,
    topP: 0.95,
    minP: 0.01,
    repetitionPenalty: 1.15,
    presencePenalty: 0.3,
    frequencyPenalty: 0.2,
    logitBias: [
      { tokenId: 20, bias: -100 },
      { tokenId: 30, bias: 2.5 },
    ],
    topLogprobs: 20,
  };

  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
    runtime = await openModelRuntime(directory, { threads: 1 });
  });
  afterAll(async () => {
    await setup?.close();
    await runtime?.close();
  });

  const generate = (request: Parameters<InferenceSetup['client']['generateText']>[0]) =>
    collectGeneration(setup.client.generateText({ model: 'models/m', prompt: text, ...request }));

  /** The logits [T, V] of a text, from one pass over it. */
  async function logitsOf(ids: readonly number[]): Promise<(position: number) => Float32Array> {
    const { d_vocab } = runtime.spec;
    const whole = await runtime.forward({ tokens: Int32Array.from(ids), batch: 1, logits: 'all' });
    return (position) => whole.logits!.slice(position * d_vocab, (position + 1) * d_vocab);
  }

  test('a long text with all options is what the sampler draws from the logits of the model', async () => {
    const seed = 77n;
    const run = await generate({ sampling: { ...everything, seed, maxTokens: 300, ignoreEos: true } });
    const ids = run.tokens.map(({ tokenId }) => tokenId);
    expect(ids).toHaveLength(300);
    expect(ids).not.toContain(20);
    const logits = await logitsOf([...token_ids, ...ids]);
    const request = { options: everything, seed, prompt: Int32Array.from(token_ids) };
    const sampler = createTokenSampler(request, createSamplingMemory(runtime.spec.d_vocab));
    const wanted = ids.map((_, i) => sampler.draw(logits(token_ids.length - 1 + i)));
    expect(ids).toEqual(wanted.map(({ id }) => id));
    for (const [i, { logprob, topLogprobs }] of run.tokens.entries()) {
      expect(logprob).toBeCloseTo(wanted[i]!.logprob, 3);
      expect(topLogprobs).toHaveLength(20);
      for (const [place, top] of topLogprobs.entries())
        expect(top.logprob).toBeCloseTo(wanted[i]!.top[place]!.logprob, 3);
    }
  });

  test('logprob is what ScoreText finds, whatever the options', async () => {
    const run = await generate({ sampling: { ...everything, seed: 3n, maxTokens: 20, ignoreEos: true } });
    const ids = [...token_ids, ...run.tokens.map(({ tokenId }) => tokenId)];
    const input = { $case: 'tokens', value: tokens(ids) } as const;
    const { scores } = await setup.client.scoreText({ model: 'models/m', input });
    const nll = readFloats(scores[0]!.nll).slice(token_ids.length - 1);
    for (const [i, { logprob }] of run.tokens.entries()) expect(-logprob).toBeCloseTo(nll[i]!, 3);
  });

  test('the top list is the likeliest tokens with their texts, and holds what a greedy choice takes', async () => {
    const run = await generate({ sampling: { temperature: 0, topLogprobs: 5, maxTokens: 12 } });
    const unwanted = await generate({ sampling: { temperature: 0, maxTokens: 12 } });
    expect(unwanted.tokens.every(({ topLogprobs }) => topLogprobs.length === 0)).toBe(true);
    expect(run.tokens.map(({ topLogprobs: _, ...rest }) => rest)).toEqual(
      unwanted.tokens.map(({ topLogprobs: _, ...rest }) => rest),
    );
    for (const { tokenId, logprob, topLogprobs } of run.tokens) {
      expect(topLogprobs).toHaveLength(5);
      expect(topLogprobs[0]).toMatchObject({ tokenId, logprob });
      const found = topLogprobs.map((top) => top.logprob);
      expect(found).toEqual([...found].sort((a, b) => b - a));
    }
    const [first] = run.tokens;
    const listed = { $case: 'tokens', value: tokens([first!.tokenId]) } as const;
    const read = await setup.client.computeActivations({
      model: 'models/m',
      input: listed,
      hookPoints: [hookPoint],
      includeTokenTexts: true,
    });
    for await (const { event } of read)
      if (event?.$case === 'header') expect(event.value.tokenTexts).toEqual([first!.topLogprobs[0]!.text]);
  });

  test('a repetition penalty counts the prompt, the other penalties only what was generated', async () => {
    const next = golden.cases[0]!.greedy_ids[token_ids.length]!;
    const said = [...token_ids, next];
    const first = async (sampling: Omit<SamplingOptions, 'logitBias'>) => {
      const request = { prompt: { $case: 'tokens', value: tokens(said.slice(0, -1)) } as const };
      const forced = {
        ...sampling,
        temperature: 0,
        maxTokens: 1,
        logitBias: [{ tokenId: said[1]!, bias: 100 }],
      };
      return (await generate({ ...request, sampling: forced })).tokens[0]!.tokenId;
    };
    expect(await first({})).toBe(said[1]);
    expect(await first({ presencePenalty: 2, frequencyPenalty: 2 })).toBe(said[1]);
    // Divided by 100 it falls behind every token that is likely here.
    expect(await first({ repetitionPenalty: 100 })).not.toBe(said[1]);
  });

  test('a frequency penalty ends a repetition that a bias began', async () => {
    const forced = { temperature: 0, maxTokens: 24, ignoreEos: true, logitBias: [{ tokenId: 40, bias: 20 }] };
    const ids = async (sampling: Omit<SamplingOptions, 'logitBias'>) =>
      (await generate({ sampling: { ...forced, ...sampling } })).tokens.map(({ tokenId }) => tokenId);
    const always = (await ids({})).filter((id) => id === 40).length;
    const limited = (await ids({ frequencyPenalty: 2 })).filter((id) => id === 40).length;
    const logits = await logitsOf([...token_ids, ...(await ids({ frequencyPenalty: 2 }))]);
    expect(always).toBeGreaterThan(limited);
    // At every place the choice is the largest of the adjusted logits.
    let times = 0;
    for (const [i, id] of (await ids({ frequencyPenalty: 2 })).entries()) {
      const row = logits(token_ids.length - 1 + i);
      const forty = row[40]! + 20 - 2 * times;
      if (id === 40) {
        expect(forty).toBeGreaterThan(
          Math.max(...row.filter((_, token) => token !== 40)) - 2 * (i - times) - 1e-3,
        );
        times++;
      } else expect(row[id]!).toBeGreaterThan(forty - 1e-3);
    }
    expect(times).toBe(limited);
  });

  test('KL and likelihoods are those of the model, whatever is drawn with', async () => {
    const { dModel: width } = (await setup.client.getModel({ name: 'models/m' })).model!;
    const clamp = randomIntervention(hookPoint, { width, seed: 3 }, [{ feature: 0, scale: 0, offset: 6 }]);
    const forced = { temperature: 0, maxTokens: 8, ignoreEos: true, logitBias: [{ tokenId: 40, bias: 100 }] };
    const run = (sampling: Omit<SamplingOptions, 'logitBias'>) =>
      generate({
        variants: [{ id: 'default' }, { id: 'steered', interventions: [clamp] }],
        sampling: { ...forced, ...sampling },
        compareWithUnedited: true,
      });
    const plain = await run({});
    const penalised = await run({
      presencePenalty: 1,
      frequencyPenalty: -1,
      repetitionPenalty: 0.9,
      minP: 0.5,
    });
    expect(plain.tokens.every(({ tokenId }) => tokenId === 40)).toBe(true);
    expect(penalised.tokens).toEqual(plain.tokens);
    for (const { variant, kl, logprob, uneditedLogprob } of plain.tokens) {
      if (variant === 0) expect([kl, uneditedLogprob]).toEqual([0, logprob]);
      else expect(kl).toBeGreaterThan(0);
    }
  });

  test('requests that run beside each other give what each gives alone, bit by bit', async () => {
    const requests = [1n, 2n, 3n].map((seed) => ({
      variants: [{ id: 'a' }, { id: 'b' }],
      sampling: { ...everything, seed, maxTokens: 16, ignoreEos: true },
    }));
    const alone = [];
    for (const request of requests) alone.push((await generate(request)).tokens);
    const together = await Promise.all(requests.map(generate));
    expect(together.map((run) => run.tokens)).toEqual(alone);
    for (const { tokens: drawn } of together) {
      const [a, b] = [0, 1].map((variant) => drawn.filter((token) => token.variant === variant));
      expect(b!.map(({ variant: _, ...rest }) => rest)).toEqual(a!.map(({ variant: _, ...rest }) => rest));
    }
  });

  test('a prompt longer than a chunk counts whole', async () => {
    const small = await serveInference(`m=${directory}`, { batchTokens: 4 });
    try {
      const request = { sampling: { ...everything, seed: 9n, maxTokens: 10, ignoreEos: true } };
      const chunked = await collectGeneration(
        small.client.generateText({ model: 'models/m', prompt: text, ...request }),
      );
      expect(readIds(chunked.started[0]!.prompt!.tokenIds).length).toBeGreaterThan(4);
      const ids = ({ tokens: drawn }: Awaited<ReturnType<typeof generate>>) =>
        drawn.map(({ tokenId }) => tokenId);
      expect(ids(chunked)).toEqual(ids(await generate(request)));
    } finally {
      await small.close();
    }
  });
});
