import type { TrainingConfig } from '../../config.ts';
import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { patternedRows } from '../../testing/patterned-rows.ts';
import { type TrainedSae, type TrainingProgress, trainSae } from '../../training/train.ts';

const D_IN = 15;
const BATCH = 128;
/** What the engines may be apart, relative. */
const TOLERANCE = 1e-3;

interface Training extends TrainedSae {
  steps: TrainingProgress[];
}

async function train(
  engine: string,
  recipe: RecipeConfig,
  change: Partial<TrainingConfig> = {},
): Promise<Training> {
  const steps: TrainingProgress[] = [];
  const config = {
    recipe,
    d_sae: 63,
    batch_rows: BATCH,
    tokens: BATCH * 100,
    learning_rate: 5e-3,
    dead_window_tokens: 3 * BATCH,
    seed: 5n,
    threads: 1,
    engine,
    ...change,
  };
  const onProgress = (progress: TrainingProgress) => steps.push(progress);
  return { ...(await trainSae({ config, source: patternedRows(D_IN), onProgress })), steps };
}

/** Checks the losses of all steps, and ‖a − b‖ / ‖b‖ of every parameter that both SAEs have. */
function expectAgreement(actual: Training, expected: Training): void {
  const losses = actual.steps.map(({ loss }, i) => Math.abs(loss / expected.steps[i].loss - 1));
  expect(Math.max(...losses)).toBeLessThan(TOLERANCE);
  const names = ['W_enc', 'b_enc', 'W_dec', 'b_dec', 'threshold', 'b_gate', 'b_mag', 'r_mag'] as const;
  const apart = names.flatMap((name) => {
    const [a, b] = [actual.sae[name], expected.sae[name]];
    expect(a?.length).toBe(b?.length);
    if (!a || !b) return [];
    const difference = Math.hypot(...a.map((value, i) => value - b[i]));
    return [[name, difference === 0 ? 0 : difference / Math.hypot(...b)] as const];
  });
  expect(apart.length).toBeGreaterThanOrEqual(4);
  expect(apart.filter(([, difference]) => !(difference < TOLERANCE))).toEqual([]);
}

describe('tfjs takes the 100 steps that the CPU engine takes', () => {
  const jumprelu = { name: 'jumprelu', initial_threshold: 0.05, bandwidth: 0.1 } as const;
  const recipes: [string, RecipeConfig][] = [
    ['standard', { name: 'standard', lambda: 0.3 }],
    ['topk', { name: 'topk', k: 2 }],
    ['batchtopk', { name: 'batchtopk', k: 3 }],
    ['jumprelu', { ...jumprelu, lambda: 0.01 }],
    ['jumprelu with a target', { ...jumprelu, target_l0: 4 }],
    ['gated', { name: 'gated', lambda: 0.3 }],
    ['matryoshka', { name: 'matryoshka', k: 3 }],
  ];

  test.each(recipes)('%s', async (_, recipe) => {
    const [actual, expected] = [await train('tfjs:wasm', recipe), await train('cpu', recipe)];
    expectAgreement(actual, expected);
    const { held_out_rows, l0, fvu, cosine, norm_ratio } = actual.metrics;
    expect(expected.metrics.held_out_rows).toBe(held_out_rows);
    expect(Math.abs(expected.metrics.l0 / l0 - 1)).toBeLessThan(TOLERANCE);
    expect(expected.metrics.fvu).toBeCloseTo(fvu, 4);
    expect(expected.metrics.cosine).toBeCloseTo(cosine, 4);
    expect(expected.metrics.norm_ratio).toBeCloseTo(norm_ratio, 4);
    // The auxiliary term has had something to fit.
    const withDead = actual.steps.filter(({ dead_fraction }) => dead_fraction > 0);
    if ('k' in recipe) expect(withDead.length).toBeGreaterThan(5);
  });

  test('standard, with dead features that begin anew', async () => {
    const recipe: RecipeConfig = { name: 'standard', lambda: 4, resample_every: 15 };
    const change = { learning_rate: 3e-3, seed: 7n };
    const [actual, expected] = [await train('tfjs:wasm', recipe, change), await train('cpu', recipe, change)];
    expectAgreement(actual, expected);
    expect(actual.steps[44].dead_fraction).toBeGreaterThan(0);
    const without = await train('tfjs:wasm', { ...recipe, resample_every: 0 }, change);
    expect(actual.sae.W_dec).not.toEqual(without.sae.W_dec);
  });

  test('also on the backend in plain JavaScript, over fewer', async () => {
    const recipe: RecipeConfig = { name: 'topk', k: 2 };
    const small = { d_sae: 20, batch_rows: 40, tokens: 40 * 20, dead_window_tokens: 80 };
    expectAgreement(await train('tfjs:cpu', recipe, small), await train('cpu', recipe, small));
  });
});
