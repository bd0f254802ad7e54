import { argmax, requireSamplingOptions, type SamplingOptions, sampleToken } from './sampling.ts';
import { createRandom, mix } from './sampling-random.ts';

/** p = 0.5, 0.25, 0.125, 0.125 at temperature 1. */
const LOGITS = Float32Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
const DRAWS = 20_000;

/** How often each token is drawn, as a share. */
function shares(logits: Float32Array, options: SamplingOptions, seed = 7n): number[] {
  const random = createRandom(seed);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < DRAWS; i++) counts[sampleToken(logits, options, random).id]! += 1;
  return counts.map((count) => count / DRAWS);
}

/** Pearson's chi-squared statistic of the observed shares; tokens of probability 0 must not occur at all. */
function chiSquared(observed: number[], expected: number[]): number {
  return observed.reduce((total, share, i) => {
    if (expected[i] === 0) return share === 0 ? total : Number.POSITIVE_INFINITY;
    return total + (DRAWS * (share - expected[i]!) ** 2) / expected[i]!;
  }, 0);
}

/** The 0.999 quantile of chi-squared with 3 degrees of freedom. */
const CHI_SQUARED_LIMIT = 16.27;

describe('createRandom', () => {
  test('gives the published outputs of SplitMix64 for seed 1234567', () => {
    let state = 1234567n;
    const outputs = Array.from({ length: 5 }, () => {
      state = (state + 0x9e3779b97f4a7c15n) & ((1n << 64n) - 1n);
      return mix(state);
    });
    expect(outputs).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
    const random = createRandom(1234567n);
    expect(outputs.map((output) => Number(output >> 11n) / 2 ** 53)).toEqual(outputs.map(() => random()));
  });

  test('takes every 64-bit seed and tells them apart in every bit', () => {
    const firsts = Array.from({ length: 64 }, (_, bit) => createRandom(1n << BigInt(bit))());
    expect(new Set([...firsts, createRandom(0n)(), createRandom((1n << 64n) - 1n)()]).size).toBe(66);
    for (const first of firsts) expect(first >= 0 && first < 1).toBe(true);
  });

  test.each([-1n, 1n << 64n])('refuses the seed %s', (seed) => {
    expect(() => createRandom(seed)).toThrow('outside 0 to 2^64 - 1');
  });

  test('is uniform: mean, variance and 16 equal bins', () => {
    const random = createRandom(42n);
    const values = Array.from({ length: 100_000 }, random);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
    const bins = new Array<number>(16).fill(0);
    for (const value of values) bins[Math.floor(value * 16)]! += 1;
    const statistic = bins.reduce((sum, count) => sum + (count - 6250) ** 2 / 6250, 0);
    expect(statistic).toBeLessThan(37.7); // the 0.999 quantile with 15 degrees of freedom
  });
});

describe('sampleToken', () => {
  const random = () => {
    throw new Error('greedy choice draws no number');
  };

  test('is greedy at temperature 0, the lowest id among equals', () => {
    expect(sampleToken(Float32Array.of(1, 3, 3, 2), { temperature: 0 }, random).id).toBe(1);
    expect(argmax(Float32Array.of(-5, -5))).toBe(0);
  });

  test('tells the natural log of the probability at temperature 1, whatever the options', () => {
    expect(sampleToken(LOGITS, { temperature: 0 }, random).logprob).toBeCloseTo(Math.log(0.5), 6);
    const options = { temperature: 0.1, topK: 2, topP: 0.5 };
    expect(sampleToken(LOGITS, options, () => 0).logprob).toBeCloseTo(Math.log(0.5), 6);
    const shifted = LOGITS.map((logit) => logit + 1000);
    expect(sampleToken(shifted, { temperature: 0 }, random).logprob).toBeCloseTo(Math.log(0.5), 3);
  });

  test.each<[SamplingOptions, number[]]>([
    [{}, [0.5, 0.25, 0.125, 0.125]],
    [{ temperature: 0.5 }, [16 / 22, 4 / 22, 1 / 22, 1 / 22]],
    [{ temperature: 2 }, [2, Math.SQRT2, 1, 1].map((weight) => weight / (4 + Math.SQRT2))],
    [{ topK: 2 }, [2 / 3, 1 / 3, 0, 0]],
    [{ topK: 3 }, [4 / 7, 2 / 7, 1 / 7, 0]],
    [{ topK: 99 }, [0.5, 0.25, 0.125, 0.125]],
    [{ topP: 0.5 }, [1, 0, 0, 0]],
    [{ topP: 0.6 }, [2 / 3, 1 / 3, 0, 0]],
    [{ topP: 0.8 }, [4 / 7, 2 / 7, 1 / 7, 0]],
    [{ topK: 2, topP: 0.7 }, [2 / 3, 1 / 3, 0, 0]],
    [{ topK: 2, topP: 0.6 }, [1, 0, 0, 0]],
    [{ temperature: 0.5, topP: 0.8 }, [16 / 20, 4 / 20, 0, 0]],
  ])('draws with %j as often as the probabilities say', (options, expected) => {
    expect(chiSquared(shares(LOGITS, options), expected)).toBeLessThan(CHI_SQUARED_LIMIT);
  });

  test('never draws a token whose logit is −∞', () => {
    const logits = Float32Array.of(0, Number.NEGATIVE_INFINITY, 0, 0);
    expect(chiSquared(shares(logits, {}), [1 / 3, 0, 1 / 3, 1 / 3])).toBeLessThan(CHI_SQUARED_LIMIT);
    expect(sampleToken(logits, {}, () => 1 - 2 ** -53).id).toBe(3);
  });

  test('does not change with options that leave every token in', () => {
    const logits = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) * 5);
    const draw = (options: SamplingOptions) => {
      const random = createRandom(9n);
      return Array.from({ length: 50 }, () => sampleToken(logits, options, random).id);
    };
    expect(draw({ topK: 300, topP: 1 })).toEqual(draw({}));
    expect(draw({ topK: 300, topP: 1 - 1e-12 })).toEqual(draw({}));
  });

  test('keeps the nucleus that sorting everything finds, also with many equal probabilities', () => {
    const logits = Float32Array.from({ length: 400 }, (_, i) => Math.round(Math.sin(i * 7) * 4));
    const probabilities = Array.from(logits, Math.exp);
    const total = probabilities.reduce((a, b) => a + b);
    const order = probabilities
      .map((_, id) => id)
      .sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
    for (const topP of [0.01, 0.3, 0.9, 0.999]) {
      const nucleus = new Set<number>();
      for (let i = 0, reached = 0; reached < topP; i++) {
        nucleus.add(order[i]!);
        reached += probabilities[order[i]!]! / total;
      }
      const random = createRandom(3n);
      const drawn = new Set(Array.from({ length: 5000 }, () => sampleToken(logits, { topP }, random).id));
      for (const id of drawn) expect(nucleus.has(id)).toBe(true);
      for (const id of [...nucleus].slice(0, 3)) expect(drawn.has(id)).toBe(true);
    }
  });

  test.each([
    [Float32Array.of(1, Number.NaN), 'logit 1 is NaN'],
    [Float32Array.of(Number.POSITIVE_INFINITY), 'logit 0 is Infinity'],
    [Float32Array.of(Number.NEGATIVE_INFINITY), 'no token has a finite logit'],
  ])('refuses %p', (logits, message) => {
    expect(() => sampleToken(logits, {}, () => 0)).toThrow(message);
  });
});

describe('requireSamplingOptions', () => {
  test.each<[SamplingOptions, string]>([
    [{ temperature: -0.1 }, 'temperature -0.1'],
    [{ temperature: 100.1 }, 'temperature 100.1'],
    [{ temperature: Number.NaN }, 'temperature NaN'],
    [{ topK: -1 }, 'top_k -1'],
    [{ topK: 1.5 }, 'top_k 1.5'],
    [{ topP: 0 }, 'top_p 0'],
    [{ topP: 1.01 }, 'top_p 1.01'],
  ])('refuses %j', (options, message) => {
    expect(() => requireSamplingOptions(options)).toThrow(message);
  });
});
