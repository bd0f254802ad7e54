import {
  createSamplingMemory,
  createTokenSampler,
  type DrawnToken,
  type SamplingOptions,
} from '@facet/transformer/sampling';
import type { ModelRuntime, RowSampler } from '../index.ts';
import { openModelRuntime } from '../open-model-runtime.ts';
import { crossingArrays } from '../testing/crossing-arrays.ts';
import { makeIntervention } from '../testing/edit-fixtures.ts';
import { type TinyModel, writeTinyModel } from '../testing/tiny-model.ts';

const HOOK = 'blocks.1.hook_resid_post';
const PROMPT = Int32Array.of(1, 2, 3, 4, 5);
const STEPS = 12;

let model: TinyModel;
let runtime: ModelRuntime;
beforeAll(async () => {
  model = await writeTinyModel();
  runtime = await openModelRuntime(model.directory, { threads: 2 });
});
afterAll(async () => {
  await runtime.close();
  await model.remove();
});

const ALL: SamplingOptions = {
  temperature: 0.9,
  topK: 30,
  topP: 0.95,
  minP: 0.01,
  repetitionPenalty: 1.3,
  presencePenalty: 0.4,
  frequencyPenalty: 0.2,
  logitBias: [
    { tokenId: 7, bias: 1.5 },
    { tokenId: 9, bias: -100 },
  ],
  topLogprobs: 5,
};
/** Row 2 of the batch is the unedited companion of row 1. */
const rowOptions: [SamplingOptions, number | undefined][] = [
  [ALL, undefined],
  [{ ...ALL, temperature: 1.2 }, 2],
];
const samplers: RowSampler[] = rowOptions.map(([options, comparedTo], row) => ({
  row,
  options,
  seed: 5n,
  prompt: PROMPT,
  comparedTo,
}));
const change = { scale: 1, offset: 2 };
const identity = { scale: 1, offset: 0 };
const { mask: _, ...intervention } = makeIntervention(HOOK, [[identity], [change], [identity]], 32);
const request = { batch: 3, maxTokens: PROMPT.length + STEPS, interventions: [intervention] };
const repeated = (tokens: Int32Array) =>
  Int32Array.from({ length: 3 * tokens.length }, (_, i) => tokens[i % tokens.length]!);

/** Every token that rows 0 and 1 draw; the companion is fed with row 1's. The prompt goes in chunks of `chunk`. */
async function drawInThread(chunk = PROMPT.length): Promise<DrawnToken[][]> {
  const generation = await runtime.openGeneration({ ...request, samplers });
  const all: DrawnToken[][] = [];
  let done = 0;
  for (; done + chunk < PROMPT.length; done += chunk)
    await generation.step({ tokens: repeated(PROMPT.subarray(done, done + chunk)) });
  let step = await generation.step({ tokens: repeated(PROMPT.subarray(done)), draw: [0, 1] });
  for (;;) {
    expect(step.logits).toHaveLength(0);
    all.push([...step.drawn]);
    if (all.length === STEPS) break;
    const [first, second] = step.drawn.map(({ id }) => id);
    step = await generation.step({ tokens: Int32Array.of(first!, second!, second!), draw: [0, 1] });
  }
  await generation.close();
  return all;
}

/** The same, drawn here from the logits that a generation without samplers gives. */
async function drawHere(): Promise<DrawnToken[][]> {
  const { d_vocab } = runtime.spec;
  const generation = await runtime.openGeneration(request);
  const memory = createSamplingMemory(d_vocab);
  const own = samplers.map((sampler) => createTokenSampler(sampler, memory));
  const all: DrawnToken[][] = [];
  let step = await generation.step({ tokens: repeated(PROMPT) });
  for (;;) {
    const row = (at: number) => step.logits.slice(at * d_vocab, (at + 1) * d_vocab);
    all.push([own[0]!.draw(row(0)), own[1]!.draw(row(1), row(2))]);
    if (all.length === STEPS) break;
    const [first, second] = all.at(-1)!.map(({ id }) => id);
    step = await generation.step({ tokens: Int32Array.of(first!, second!, second!) });
  }
  await generation.close();
  return all;
}

describe('openGeneration with samplers', () => {
  test('draws what a sampler here draws from the same logits, to the last bit', async () => {
    const drawn = await drawInThread();
    expect(drawn).toEqual(await drawHere());
    expect(drawn.every(([plain, edited]) => plain!.compared === undefined && edited!.compared!.kl > 0)).toBe(
      true,
    );
    expect(drawn.every((tokens) => tokens.every(({ top }) => top.length === 5))).toBe(true);
  });

  test('draws the same whatever else the threads do, and however many generations draw at once', async () => {
    const alone = await drawInThread();
    const together = await Promise.all([
      drawInThread(),
      drawInThread(),
      drawInThread(),
      runtime.forward({ tokens: repeated(PROMPT), batch: 3, logits: 'all' }),
    ]);
    for (const drawn of together.slice(0, 3)) expect(drawn).toEqual(alone);
  });

  test('draws after a prompt in chunks, where every row runs by itself', async () => {
    const ids = (all: DrawnToken[][]) => all.map((tokens) => tokens.map(({ id }) => id));
    expect(ids(await drawInThread(2))).toEqual(ids(await drawInThread()));
  });

  test('takes random numbers only for the rows that are drawn', async () => {
    const uniform: SamplingOptions = { temperature: 100 };
    const two = [0, 1].map((row) => ({ row, options: uniform, seed: 3n, prompt: PROMPT }));
    const generation = await runtime.openGeneration({ batch: 2, maxTokens: 20, samplers: two });
    const tokens = Int32Array.of(1, 1);
    const first = (await generation.step({ tokens, draw: [1] })).drawn;
    const none = (await generation.step({ tokens })).drawn;
    const both = (await generation.step({ tokens, draw: [1, 0] })).drawn;
    const random = createTokenSampler(two[0]!, createSamplingMemory(runtime.spec.d_vocab));
    const flat = new Float32Array(runtime.spec.d_vocab);
    const [one, other] = [random.draw(flat).id, random.draw(flat).id];
    expect([first.length, none.length, both.length]).toEqual([1, 0, 2]);
    // At temperature 100 the logits hardly matter: the tokens say which number of the stream was taken.
    expect(Math.abs(first[0]!.id - one)).toBeLessThanOrEqual(1);
    expect(Math.abs(both[0]!.id - other)).toBeLessThanOrEqual(1);
    expect(Math.abs(both[1]!.id - one)).toBeLessThanOrEqual(1);
    await generation.close();
  });

  test('leaves all that is as long as the vocabulary in the thread of the sessions', async () => {
    const crossed = await crossingArrays(() => drawInThread());
    expect(crossed.length).toBeGreaterThan(STEPS);
    expect(Math.max(...crossed)).toBeLessThan(runtime.spec.d_vocab);
    expect(Math.max(...(await crossingArrays(() => drawHere())))).toBe(3 * runtime.spec.d_vocab);
  });

  test('tells logits that are not finite as what they are, and breaks the generation', async () => {
    const rows = new Float32Array(32).fill(3e38);
    const overflow = { ...makeIntervention(HOOK, [[{ scale: 1, offset: 3e38 }]], 32), W_dec_rows: rows };
    const generation = await runtime.openGeneration({
      batch: 1,
      maxTokens: 8,
      interventions: [overflow],
      samplers: [{ row: 0, options: {}, seed: 0n, prompt: PROMPT }],
    });
    await expect(generation.step({ tokens: PROMPT, draw: [0] })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'LOGITS_NOT_FINITE',
      message: expect.stringContaining('logit 0 is NaN'),
    });
    await expect(generation.step({ tokens: PROMPT, draw: [0] })).rejects.toMatchObject({
      kind: 'precondition',
    });
    await generation.close();
  });

  const sampler: RowSampler = { row: 0, options: {}, seed: 0n, prompt: PROMPT };
  test.each<[string, RowSampler[], string, string]>([
    ['a row that is none', [{ ...sampler, row: 2 }], 'samplers', 'row 2; the batch has rows 0 to 1'],
    ['a companion that is none', [{ ...sampler, comparedTo: -1 }], 'samplers', 'row -1'],
    ['two samplers of one row', [sampler, sampler], 'samplers', 'row 0 has two samplers'],
    ['an option out of range', [{ ...sampler, options: { minP: 2 } }], 'min_p', 'min_p 2'],
    [
      'a bias outside the vocabulary',
      [{ ...sampler, options: { logitBias: [{ tokenId: 48, bias: 1 }] } }],
      'logit_bias[0].token_id',
      '48',
    ],
    ['a seed of 65 bits', [{ ...sampler, seed: 2n ** 64n }], 'seed', '18446744073709551616'],
    ['a token that is none', [{ ...sampler, prompt: Int32Array.of(1, 48) }], 'prompt', 'token 48'],
  ])('refuses %s', async (_, wrong, field, words) => {
    const opening = runtime.openGeneration({ batch: 2, maxTokens: 8, samplers: wrong });
    await expect(opening).rejects.toMatchObject({
      kind: 'invalid',
      field,
      message: expect.stringContaining(words),
    });
  });

  test('refuses to draw rows without samplers, and rows twice, and goes on afterwards', async () => {
    const generation = await runtime.openGeneration({ batch: 2, maxTokens: 8, samplers: [sampler] });
    const tokens = Int32Array.of(1, 1);
    for (const draw of [[1], [0, 0], [-1]])
      await expect(generation.step({ tokens, draw })).rejects.toMatchObject({
        kind: 'invalid',
        field: 'draw',
      });
    expect((await generation.step({ tokens, draw: [0] })).drawn).toHaveLength(1);
    await generation.close();
  });

  test('counts the logits that are kept for drawing as memory of the generation', async () => {
    const wide = await writeTinyModel({ config: { vocab_size: 5000 } });
    // One row takes 2 · 3 layers · 2 heads · 8 floats · 32 · 4 = 12,288 bytes, its logits 20,000.
    const other = await openModelRuntime(wide.directory, { threads: 1, maxCacheBytes: 30_000 });
    const plain = await other.openGeneration({ batch: 1, maxTokens: 32 });
    await plain.close();
    await expect(
      other.openGeneration({ batch: 1, maxTokens: 32, samplers: [sampler] }),
    ).rejects.toMatchObject({
      kind: 'exhausted',
      message: expect.stringMatching(/32288 bytes .* 0 of 30000/),
    });
    await other.close();
    await wide.remove();
  });
});
