import { createRandom } from '@facet/random';
import type { ResolvedConfig } from '../../config.ts';
import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { resolveConfig } from '../../resolve-config.ts';
import { createReferenceTraining, namedParameters } from '../../testing/reference-training.ts';
import { initialWeights } from '../../weights/initial-weights.ts';
import type { Weights } from '../../weights/weights.ts';
import { cpuEngine } from './cpu-engine.ts';

interface Case {
  recipe: RecipeConfig;
  d_in?: number;
  d_sae?: number;
  rows?: number;
  /** Mean of the encoder biases: the lower, the fewer fire. */
  bias?: number;
  /** How many times as large as those of `standard` pre-activations are. */
  strength?: number;
  /** Length of the second half of the rows, that of the first being 1. */
  contrast?: number;
  dead?: number[];
}

const STEPS = 4;

interface Fixture {
  config: ResolvedConfig;
  x: Float32Array;
  initial: Weights;
}

/** Rows and weights away from any symmetry; Adam's ε is large, so that a step does not hang on the sign of a zero. */
function fixture({ recipe, d_in = 37, d_sae = 75, rows = 96, ...given }: Case): Fixture {
  const { bias = 0, strength = 1, contrast = 1 } = given;
  const random = createRandom(3n);
  const x = Float32Array.from({ length: rows * d_in }, (_, at) => {
    const length = at < (rows * d_in) / 2 ? 1 : contrast;
    return length * (random.gaussian() + 0.3);
  });
  const resolved = resolveConfig(
    { recipe, d_sae, batch_rows: rows, tokens: 100 * rows, threads: 1, b_dec_start: 'mean' },
    { d_in, rows },
  );
  const config = { ...resolved, adam: { ...resolved.adam, epsilon: 0.01 } };
  const initial = initialWeights(config, x);
  const noise = (values: Float32Array, scale: number, mean = 0) => {
    for (let i = 0; i < values.length; i++) values[i] += mean + scale * random.gaussian();
  };
  noise(initial.b_enc, 0.05, bias * strength);
  noise(initial.W_enc, 0.05);
  for (const values of Object.values(initial.vectors ?? {})) noise(values, 0.05);
  return { config, x, initial };
}

/** Takes the same steps in f64 and on the engine, and compares everything after each. */
async function expectEqualSteps(given: Fixture, dead: number[] = []) {
  const { config, x, initial } = given;
  const reference = createReferenceTraining(config, initial);
  const session = await cpuEngine.open(config, initial);
  const denseRows = new Set<number>();
  for (let step = 0; step < STEPS; step++) {
    const expected = reference.step(x, { step, learning_rate: 1e-2, dead });
    session.fill(x, 0);
    const actual = await session.step(step, 1e-2, Uint32Array.from(dead));
    denseRows.add(actual.dense_rows);
    expect(actual.l0).toBeGreaterThan(0.5);
    expect(actual.loss / expected.loss).toBeCloseTo(1, 4);
    expect(actual.gradient_norm / expected.norm).toBeCloseTo(1, 3);
    const fired = expected.activations.filter((f) => f > 0).length;
    expect(Math.abs(actual.l0 * config.batch_rows - fired)).toBeLessThanOrEqual(fired * 1e-3);
    expect(actual.firings.reduce((sum, n) => sum + n, 0)).toBe(Math.round(actual.l0 * config.batch_rows));
  }
  const trained = session.weights();
  await session.close();
  expect(trained.threshold).toBeCloseTo(reference.threshold, 4);
  compareWeights(given, trained, namedParameters(reference.weights));
  return { denseRows: [...denseRows], trained };
}

/** Every parameter has moved, and to where the reference is: within 1 % of the largest movement. */
function compareWeights(
  { initial }: Fixture,
  trained: Weights,
  expected: Record<string, Float64Array>,
): void {
  const flat = ({ W_enc, b_enc, W_dec, b_dec, vectors }: Weights) =>
    ({ W_enc, b_enc, W_dec, b_dec, ...vectors }) as Record<string, Float32Array>;
  const [before, after] = [flat(initial), flat(trained)];
  for (const [name, values] of Object.entries(expected)) {
    const moved = values.reduce((most, value, i) => Math.max(most, Math.abs(value - before[name][i])), 0);
    const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - after[name][i])), 0);
    expect(moved).toBeGreaterThan(2e-4);
    expect([name, apart / moved]).toEqual([name, expect.closeTo(0, 2)]);
  }
}

describe('the CPU engine takes the steps that the f64 reference takes', () => {
  const standard: RecipeConfig = { name: 'standard', lambda: 0.5, lambda_warmup_fraction: 0.03 };
  const jumprelu: RecipeConfig = { name: 'jumprelu', initial_threshold: 0.05, bandwidth: 0.06 };
  const rectified: [string, Case][] = [
    ['standard', { recipe: standard }],
    ['jumprelu', { recipe: { ...jumprelu, lambda: 0.2 }, bias: -0.25 }],
    ['jumprelu with a target', { recipe: { ...jumprelu, target_l0: 5 }, bias: -0.25 }],
    ['gated', { recipe: { name: 'gated', lambda: 0.5, lambda_warmup_fraction: 0.03 }, strength: 4 }],
  ];

  test.each(rectified)('%s, sparse', async (_, given) => {
    const { denseRows } = await expectEqualSteps(fixture({ bias: -0.6, ...given, d_sae: 130 }));
    expect(denseRows).toEqual([0]);
  });

  test.each(rectified)('%s, dense', async (_, given) => {
    const { denseRows } = await expectEqualSteps(fixture({ ...given, d_in: 16, d_sae: 40, bias: 0 }));
    expect(denseRows).toEqual([96]);
  });

  test.each(rectified)('%s, one block dense and others sparse', async (_, given) => {
    const mixed = { ...given, rows: 2400, d_in: 5, d_sae: 24, bias: -0.4, contrast: 0.2 };
    const { denseRows } = await expectEqualSteps(fixture(mixed));
    expect(denseRows.some((rows) => rows > 0 && rows < 2400)).toBe(true);
  });

  const selected: [string, Case][] = [
    ['topk', { recipe: { name: 'topk', k: 6, k_aux: 5, auxk_alpha: 0.5 } }],
    ['batchtopk', { recipe: { name: 'batchtopk', k: 3, k_aux: 5, auxk_alpha: 0.5 } }],
    ['matryoshka', { recipe: { name: 'matryoshka', k: 3, k_aux: 5, auxk_alpha: 0.5 } }],
  ];

  test.each(selected)('%s', async (_, given) => {
    await expectEqualSteps(fixture(given));
  });

  test.each(selected)('%s, with dead features', async (_, given) => {
    await expectEqualSteps(fixture(given), [0, 9, 10, 33, 50, 71, 74]);
  });

  test.each(selected)('%s, in several blocks', async (_, given) => {
    await expectEqualSteps(fixture({ ...given, rows: 2400, d_in: 5, d_sae: 24 }), [3, 20]);
  });
});
