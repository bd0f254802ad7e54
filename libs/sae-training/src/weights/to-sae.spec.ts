import { createRandom } from '@facet/random';
import { decode, encodeReference } from '@facet/sae';
import type { RecipeConfig } from '../recipes/recipe-config.ts';
import { createMemorySource } from '../rows/row-source.ts';
import { type TrainedSae, trainSae } from '../training/train.ts';

const D_IN = 12;
const HELD_OUT = 200;

/** Rows away from the origin and of norms far from 1, so that a scale that is forgotten shows. */
function rows(count: number, seed: bigint): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count * D_IN }, () => 7 * random.gaussian() + 3);
}

const held = rows(HELD_OUT, 2n);

const RECIPES: readonly RecipeConfig[] = [
  { name: 'standard', lambda: 0.5 },
  { name: 'topk', k: 4 },
  { name: 'batchtopk', k: 4 },
  { name: 'jumprelu', target_l0: 6, bandwidth: 0.05, initial_threshold: 0.05 },
  { name: 'gated', lambda: 0.5 },
  { name: 'matryoshka', k: 4, prefixes: [6, 24] },
];

function train(recipe: RecipeConfig): Promise<TrainedSae> {
  const config = { recipe, d_sae: 24, batch_rows: 64, tokens: 64 * 60, learning_rate: 3e-3, threads: 1 };
  const source = createMemorySource(D_IN, rows(640, 1n), held);
  return trainSae({ config: { ...config, input_scale: 'expected_average_only_in' }, source });
}

/** The held-out metrics by their definitions, of the published weights on rows as they were captured. */
function measure({ sae }: TrainedSae) {
  const f = encodeReference(sae, held, HELD_OUT);
  const x_hat = decode(sae, f);
  const mean = Array.from({ length: D_IN }, (_, j) => {
    let sum = 0;
    for (let at = j; at < held.length; at += D_IN) sum += held[at];
    return sum / HELD_OUT;
  });
  let [error, variance, cosine, norm_ratio] = [0, 0, 0, 0];
  for (let row = 0; row < held.length; row += D_IN) {
    const x = held.subarray(row, row + D_IN);
    const y = x_hat.subarray(row, row + D_IN);
    error += x.reduce((sum, value, j) => sum + (value - y[j]) ** 2, 0);
    variance += x.reduce((sum, value, j) => sum + (value - mean[j]) ** 2, 0);
    const along = x.reduce((sum, value, j) => sum + value * y[j], 0);
    cosine += along / (Math.hypot(...x) * Math.hypot(...y));
    norm_ratio += Math.hypot(...y) / Math.hypot(...x);
  }
  return {
    l0: f.indices.length / HELD_OUT,
    fvu: error / variance,
    cosine: cosine / HELD_OUT,
    norm_ratio: norm_ratio / HELD_OUT,
  };
}

describe('toSae', () => {
  test.each(RECIPES)('publishes $name with its input scale folded in', async (recipe) => {
    const trained = await train(recipe);
    const { training_input_scale: scale } = trained.sae.cfg.metadata;
    expect(scale).toBeLessThan(0.2);
    expect(trained.sae.cfg.normalize_activations).toBe('none');
    const measured = measure(trained);
    expect(measured.fvu).toBeLessThan(1);
    for (const [name, value] of Object.entries(measured)) {
      const told = trained.metrics[name as keyof typeof measured];
      expect([name, told / value]).toEqual([name, expect.closeTo(1, 3)]);
    }
  });
});
