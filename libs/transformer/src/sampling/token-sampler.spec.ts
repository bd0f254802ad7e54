import { createSamplingMemory } from './draw-token.ts';
import type { SamplingOptions } from './sampling-options.ts';
import { createRandom } from './sampling-random.ts';
import { createTokenSampler } from './token-sampler.ts';

/** Logits of about the shape of a model's, the same on every machine. */
function noiseLogits(seed: number, d_vocab: number): Float32Array {
  let state = seed >>> 0;
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return Float32Array.from({ length: d_vocab }, () => 4 * (noise() + noise() + noise()));
}

interface Text {
  prompt: number[];
  generated: number[];
}

/** The probabilities from which the next token is drawn, written down straight: everything sorted, in double precision. */
function referenceProbabilities(logits: Float32Array, options: SamplingOptions, text: Text): number[] {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = options;
  const scaled = referenceLogits(logits, options, text).map((logit) => logit / temperature);
  const largest = scaled.reduce((a, b) => Math.max(a, b));
  const weights = scaled.map((logit) => Math.exp(logit - largest));
  let kept = weights.map((_, id) => id).sort((a, b) => weights[b]! - weights[a]! || a - b);
  if (topK > 0) kept = kept.slice(0, topK);
  const total = kept.reduce((sum, id) => sum + weights[id]!, 0);
  let reached = 0;
  kept = kept.filter((id) => {
    const isNeeded = topP === 1 || reached < topP * total;
    reached += weights[id]!;
    return isNeeded;
  });
  kept = kept.filter((id) => weights[id]! >= minP * weights[kept[0]!]!);
  const left = kept.reduce((sum, id) => sum + weights[id]!, 0);
  const probabilities = new Array<number>(logits.length).fill(0);
  for (const id of kept) probabilities[id] = weights[id]! / left;
  return probabilities;
}

/** Bias, repetition, frequency and presence, kept in single precision as the logits are. */
function referenceLogits(logits: Float32Array, options: SamplingOptions, { prompt, generated }: Text) {
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0, logitBias = [] } = options;
  const adjusted = Array.from(logits);
  for (const { tokenId, bias } of logitBias) adjusted[tokenId] = Math.fround(adjusted[tokenId]! + bias);
  for (const id of new Set([...prompt, ...generated])) {
    const logit = adjusted[id]!;
    const repeated = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    const times = generated.filter((token) => token === id).length;
    adjusted[id] = Math.fround(repeated - times * frequencyPenalty - (times > 0 ? presencePenalty : 0));
  }
  return adjusted;
}

/** The token at which the sum of probabilities, in order of ids, passes `u`. */
function referenceDraw(probabilities: number[], u: number): number {
  let sum = 0;
  return probabilities.findIndex((probability) => {
    sum += probability;
    return sum > u;
  });
}

const PROMPT = [3, 5, 5, 11];
const BIAS = [
  { tokenId: 3, bias: 4 },
  { tokenId: 20, bias: -100 },
  { tokenId: 21, bias: 6.5 },
];
const OPTIONS: SamplingOptions[] = [
  {},
  { temperature: 0.7 },
  { topK: 7 },
  { topP: 0.9 },
  { minP: 0.05 },
  { repetitionPenalty: 1.3 },
  { repetitionPenalty: 0.6, temperature: 1.7 },
  { presencePenalty: 1.2 },
  { frequencyPenalty: 0.8 },
  { frequencyPenalty: -0.9, topP: 0.5 },
  { logitBias: BIAS },
  { temperature: 0.8, topK: 12, topP: 0.95, minP: 0.1 },
  {
    temperature: 1.2,
    topK: 15,
    topP: 0.9,
    minP: 0.02,
    repetitionPenalty: 1.2,
    presencePenalty: 0.4,
    frequencyPenalty: 0.3,
    logitBias: BIAS,
  },
];

/** Draws `steps` tokens and expects each to be the reference's. */
function expectReferenceTokens(options: SamplingOptions, d_vocab: number, steps: number): void {
  const memory = createSamplingMemory(d_vocab);
  const sampler = createTokenSampler({ options, seed: 5n, prompt: Int32Array.from(PROMPT) }, memory);
  const random = createRandom(5n);
  const text: Text = { prompt: PROMPT, generated: [] };
  for (let step = 0; step < steps; step++) {
    const logits = noiseLogits(step + 1, d_vocab);
    const wanted = referenceDraw(referenceProbabilities(logits, options, text), random());
    const drawn = sampler.draw(logits);
    expect(drawn.id).toBe(wanted);
    expect(Buffer.from(logits.buffer).equals(Buffer.from(noiseLogits(step + 1, d_vocab).buffer))).toBe(true);
    text.generated.push(drawn.id);
  }
}

describe('createTokenSampler', () => {
  test.each(OPTIONS)('draws the tokens of the straight computation with %j', (options) => {
    expectReferenceTokens(options, 40, 60);
  });

  test.each(OPTIONS)('does so at a vocabulary of 151,936 with %j', (options) => {
    expectReferenceTokens(options, 151_936, 2);
  });

  test.each<[SamplingOptions, number[]]>([
    [{}, [1560, 1157, 3279, 2217, 1090, 2858, 804, 4261, 1725, 4780, 816, 1386]],
    [{ temperature: 0.7 }, [1782, 1005, 3095, 2093, 1296, 2979, 818, 4261, 1670, 4769, 784, 1456]],
    [{ topK: 40 }, [1892, 1157, 3095, 2003, 1296, 2841, 818, 4261, 1670, 4908, 891, 1653]],
    [{ topP: 0.9 }, [1560, 1118, 3279, 2142, 1236, 2858, 818, 4261, 1725, 4780, 816, 1387]],
    [
      { temperature: 0.8, topK: 50, topP: 0.95 },
      [1969, 1157, 3095, 2003, 1307, 2858, 818, 4261, 1670, 4908, 891, 1653],
    ],
    [{ temperature: 1.5, topP: 0.5 }, [1415, 1108, 3370, 2456, 1296, 2841, 818, 4261, 1779, 4792, 897, 1248]],
  ])('gives the tokens that seed 11 always gave with %j', (options, expected) => {
    const request = { options, seed: 11n, prompt: new Int32Array(0) };
    const sampler = createTokenSampler(request, createSamplingMemory(5000));
    expect(expected.map((_, i) => sampler.draw(noiseLogits(i + 1, 5000)).id)).toEqual(expected);
  });

  test('is greedy over the penalised and biased logits at temperature 0', () => {
    const options = { temperature: 0, repetitionPenalty: 2, logitBias: [{ tokenId: 2, bias: 3 }] };
    const request = { options, seed: 0n, prompt: Int32Array.of(0) };
    const sampler = createTokenSampler(request, createSamplingMemory(3));
    const logits = Float32Array.of(9, 5, 3);
    // 4.5, 5, 6; then 4.5, 5, 3; then 4.5, 2.5, 3.
    expect([0, 1, 2].map(() => sampler.draw(logits).id)).toEqual([2, 1, 0]);
  });

  test("tells the model's own log-probabilities, whatever the options", () => {
    const logits = Float32Array.from([0.5, 0.125, 0.25, 0.125], Math.log);
    const options = {
      temperature: 0,
      topK: 1,
      repetitionPenalty: 3,
      presencePenalty: 2,
      logitBias: [{ tokenId: 3, bias: 100 }],
      topLogprobs: 3,
    };
    const sampler = createTokenSampler(
      { options, seed: 0n, prompt: Int32Array.of(0) },
      createSamplingMemory(4),
    );
    for (let step = 0; step < 2; step++) {
      const { id, logprob, top } = sampler.draw(logits);
      expect(id).toBe(3);
      expect(logprob).toBeCloseTo(Math.log(0.125), 6);
      expect(top.map((token) => token.id)).toEqual([0, 2, 1]);
      for (const [i, p] of [0.5, 0.25, 0.125].entries()) expect(top[i]!.logprob).toBeCloseTo(Math.log(p), 6);
    }
  });

  test('tells at most as many likely tokens as there are', () => {
    const request = { options: { topLogprobs: 20 }, seed: 0n, prompt: new Int32Array(0) };
    expect(
      createTokenSampler(request, createSamplingMemory(3)).draw(Float32Array.of(1, 2, 3)).top,
    ).toHaveLength(3);
  });

  test('compares with another row: KL(other ‖ own) and the log-probability there', () => {
    const own = Float32Array.from([0.25, 0.75], Math.log);
    const other = Float32Array.from([0.5, 0.5], Math.log);
    const request = { options: { temperature: 0 }, seed: 0n, prompt: new Int32Array(0) };
    const sampler = createTokenSampler(request, createSamplingMemory(2));
    const { id, compared } = sampler.draw(own, other);
    expect(id).toBe(1);
    expect(compared!.logprob).toBeCloseTo(Math.log(0.5), 6);
    expect(compared!.kl).toBeCloseTo(0.5 * Math.log(0.5 / 0.25) + 0.5 * Math.log(0.5 / 0.75), 6);
    const same = sampler.draw(own, own.slice());
    expect(same.compared).toEqual({ logprob: same.logprob, kl: 0 });
    expect(sampler.draw(own, own).compared).toEqual({ logprob: same.logprob, kl: 0 });
    expect(sampler.draw(own).compared).toBeUndefined();
  });

  test('shares memory with other texts without an effect on them', () => {
    const alone = (options: SamplingOptions) => {
      const request = { options, seed: 3n, prompt: Int32Array.of(1) };
      const sampler = createTokenSampler(request, createSamplingMemory(500));
      return Array.from({ length: 9 }, (_, i) => sampler.draw(noiseLogits(i, 500)));
    };
    const memory = createSamplingMemory(500);
    const samplers = OPTIONS.map((options) =>
      createTokenSampler({ options, seed: 3n, prompt: Int32Array.of(1) }, memory),
    );
    const together = Array.from({ length: 9 }, (_, i) =>
      samplers.map((sampler) => sampler.draw(noiseLogits(i, 500))),
    );
    for (const [i, options] of OPTIONS.entries())
      expect(together.map((drawn) => drawn[i])).toEqual(alone(options));
  });

  test.each([
    [Float32Array.of(1, Number.NaN), 'logit 1 is NaN'],
    [Float32Array.of(1, Number.POSITIVE_INFINITY), 'logit 1 is Infinity'],
  ])('refuses %p also where a bias would hide it', (logits, message) => {
    const options = { logitBias: [{ tokenId: 1, bias: -100 }] };
    const sampler = createTokenSampler(
      { options, seed: 0n, prompt: new Int32Array(0) },
      createSamplingMemory(2),
    );
    expect(() => sampler.draw(logits)).toThrow(message);
  });
});
