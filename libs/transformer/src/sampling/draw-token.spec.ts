import { argmax, createSamplingMemory, drawToken } from './draw-token.ts';
import type { SamplingOptions } from './sampling-options.ts';
import { createRandom } from './sampling-random.ts';

/** p = 0.5, 0.25, 0.125, 0.125 at temperature 1. */
const LOGITS = Float32Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
const DRAWS = 20_000;

/** Draws one token; the memory of one length is used again. */
function draw(logits: Float32Array, options: SamplingOptions, random: () => number): number {
  if (memory.weights.length !== logits.length) memory = createSamplingMemory(logits.length);
  return drawToken(logits, argmax(logits), { options, random, memory });
}
let memory = createSamplingMemory(LOGITS.length);

/** How often each token is drawn, as a share. */
function shares(logits: Float32Array, options: SamplingOptions, seed = 7n): number[] {
  const random = createRandom(seed);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < DRAWS; i++) counts[draw(logits, options, random)]! += 1;
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

describe('drawToken', () => {
  const random = () => {
    throw new Error('greedy choice draws no number');
  };

  test('is greedy at temperature 0, the lowest id among equals', () => {
    expect(draw(Float32Array.of(1, 3, 3, 2), { temperature: 0 }, random)).toBe(1);
    expect(argmax(Float32Array.of(-5, -5))).toBe(0);
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
    [{ minP: 0.2 }, [0.5, 0.25, 0.125, 0.125]],
    [{ minP: 0.3 }, [2 / 3, 1 / 3, 0, 0]],
    [{ minP: 1 }, [1, 0, 0, 0]],
    // Squared probabilities: 0.25 of the largest becomes 1/16.
    [{ temperature: 0.5, minP: 0.2 }, [16 / 20, 4 / 20, 0, 0]],
    // top_p comes first and sees all tokens: after min_p, 0.7 would already be reached by the first two.
    [{ topP: 0.8, minP: 0.2 }, [4 / 7, 2 / 7, 1 / 7, 0]],
    [{ topK: 3, topP: 0.9, minP: 0.3 }, [2 / 3, 1 / 3, 0, 0]],
  ])('draws with %j as often as the probabilities say', (options, expected) => {
    expect(chiSquared(shares(LOGITS, options), expected)).toBeLessThan(CHI_SQUARED_LIMIT);
  });

  test('never draws a token whose logit is −∞', () => {
    const logits = Float32Array.of(0, Number.NEGATIVE_INFINITY, 0, 0);
    expect(chiSquared(shares(logits, {}), [1 / 3, 0, 1 / 3, 1 / 3])).toBeLessThan(CHI_SQUARED_LIMIT);
    expect(draw(logits, {}, () => 1 - 2 ** -53)).toBe(3);
  });

  test('does not change with options that leave every token in', () => {
    const logits = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) * 5);
    const draws = (options: SamplingOptions) => {
      const random = createRandom(9n);
      return Array.from({ length: 50 }, () => draw(logits, options, random));
    };
    expect(draws({ topK: 300, topP: 1, minP: 0 })).toEqual(draws({}));
    expect(draws({ topK: 300, topP: 1 - 1e-12, minP: 1e-12 })).toEqual(draws({}));
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
      const drawn = new Set(Array.from({ length: 5000 }, () => draw(logits, { topP }, random)));
      for (const id of drawn) expect(nucleus.has(id)).toBe(true);
      for (const id of [...nucleus].slice(0, 3)) expect(drawn.has(id)).toBe(true);
    }
  });

  test.each([
    [Float32Array.of(1, Number.NaN), 'logit 1 is NaN'],
    [Float32Array.of(Number.POSITIVE_INFINITY), 'logit 0 is Infinity'],
    [Float32Array.of(Number.NEGATIVE_INFINITY), 'no token has a finite logit'],
  ])('refuses %p', (logits, message) => {
    expect(() => draw(logits, {}, () => 0)).toThrow(message);
  });
});
