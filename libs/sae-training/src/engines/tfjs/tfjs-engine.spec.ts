import { createRandom } from '@facet/random';
import type { ResolvedConfig } from '../../config.ts';
import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { resolveConfig } from '../../resolve-config.ts';
import { initialWeights } from '../../weights/initial-weights.ts';
import type { EngineSession } from '../engine.ts';
import { loadTfjs, useBackend } from './load-tfjs.ts';
import { tfjsEngine } from './tfjs-engine.ts';
import { strongestOfBatch, strongestOfRows } from './tfjs-selection.ts';

const RECIPES: RecipeConfig[] = [
  { name: 'standard', resample_every: 1 },
  { name: 'topk', k: 3 },
  { name: 'batchtopk', k: 3 },
  { name: 'jumprelu', lambda: 0.1, initial_threshold: 0.01 },
  { name: 'gated' },
  { name: 'matryoshka', k: 3 },
];
const NONE = new Uint32Array(0);

function fixture(recipe: RecipeConfig, { d_in, d_sae, rows } = { d_in: 8, d_sae: 24, rows: 64 }) {
  const random = createRandom(3n);
  const x = Float32Array.from({ length: rows * d_in }, () => random.gaussian() + 0.3);
  const sizes = { d_in, rows };
  const config = resolveConfig({ recipe, d_sae, batch_rows: rows, tokens: 100 * rows }, sizes);
  return { config, x };
}

async function open(backend: string, { config, x }: { config: ResolvedConfig; x: Float32Array }) {
  const session = await tfjsEngine(backend).open(config, initialWeights(config, x));
  session.fill(x, 0);
  return session;
}

async function stepThrice(session: EngineSession): Promise<number[]> {
  const losses: number[] = [];
  for (let at = 0; at < 3; at++) losses.push((await session.step(at, 1e-3, NONE)).loss);
  return losses;
}

describe('tfjsEngine', () => {
  test('says which backend it runs on', async () => {
    const session = await open('wasm', fixture(RECIPES[1]));
    expect(session.backend).toBe('wasm');
    await session.close();
  });

  test('counts the rows in which each feature fired', async () => {
    const session = await open('wasm', fixture(RECIPES[1]));
    const { firings, l0 } = await session.step(0, 1e-3, NONE);
    await session.close();
    expect(firings).toHaveLength(24);
    expect(firings.reduce((sum, n) => sum + n, 0)).toBe(Math.round(l0 * 64));
    expect(l0).toBeGreaterThan(2.5);
  });

  test('keeps sessions on different backends of one process apart', async () => {
    const given = fixture(RECIPES[0]);
    const [wasm, cpu] = [await open('wasm', given), await open('cpu', given)];
    const [first, second] = await Promise.all([stepThrice(wasm), stepThrice(cpu)]);
    for (const [i, loss] of first.entries()) expect(second[i] / loss).toBeCloseTo(1, 5);
    const alone = await open('wasm', given);
    expect(await stepThrice(alone)).toEqual(first);
    expect(alone.weights()).toEqual(wasm.weights());
    await Promise.all([wasm.close(), cpu.close(), alone.close()]);
  });

  test('gives the same arrays of its state at every call, with what the last step left', async () => {
    const session = await open('cpu', fixture(RECIPES[2]));
    const state = session.state();
    const before = state.get('W_enc')!.slice();
    await session.step(0, 1e-2, NONE);
    expect(session.state().get('W_enc')).toBe(state.get('W_enc'));
    expect(state.get('W_enc')).not.toEqual(before);
    expect(state.get('W_enc')).toEqual(session.weights().W_enc);
    await session.close();
  });

  test('encodes blocks of whole rows', async () => {
    const given = fixture(RECIPES[1], { d_in: 4, d_sae: 30_000, rows: 80 });
    const session = await open('cpu', given);
    const { W_enc, b_dec } = session.weights();
    const blocks: Float32Array[] = [];
    for await (const block of session.preActivations(80)) blocks.push(block);
    await session.close();
    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.every((block) => block.length % 30_000 === 0)).toBe(true);
    const at = 79 * 4;
    const expected = [0, 1, 2, 3].reduce(
      (sum, j) => sum + (given.x[at + j] - b_dec[j]) * W_enc[7 * 4 + j],
      0,
    );
    expect(blocks.at(-1)!.at(-30_000 + 7)).toBeCloseTo(expected, 5);
    expect(blocks.reduce((sum, { length }) => sum + length, 0)).toBe(80 * 30_000);
  });

  test('tells rows that hold NaN from a run that diverged, naming the step', async () => {
    const given = fixture(RECIPES[1]);
    const session = await open('wasm', given);
    session.fill(given.x.slice().fill(Number.NaN, 5, 6), 0);
    await expect(session.step(6, 1e-3, NONE)).rejects.toThrow(/rows of step 7 hold NaN/);
    session.fill(given.x, 0);
    await session.step(7, 1e30, NONE);
    await expect(session.step(8, 1e30, NONE)).rejects.toThrow(/diverged at step 9.*lower learning_rate/);
    await session.close();
  });

  test('refuses a batch whose pre-activations have no 32-bit places', () => {
    const { config } = fixture(RECIPES[1]);
    const huge = { ...config, batch_rows: 65_536, d_sae: 65_536 };
    expect(() => tfjsEngine().planMemory(huge)).toThrow(/65536 × d_sae 65536 is more than 2147483647/);
  });
});

describe('planMemory', () => {
  const shapes = [
    { d_in: 4, d_sae: 200, rows: 256 },
    { d_in: 64, d_sae: 256, rows: 8 },
    { d_in: 96, d_sae: 100, rows: 128 },
  ];

  test.each(RECIPES)('plans what a step takes at its peak, and not far more: %j', async (recipe) => {
    const { tf } = await loadTfjs({
      name: 'wasm',
      package: '@tensorflow/tfjs-backend-wasm',
      registered: 'wasm',
    });
    for (const shape of shapes) {
      const given = fixture(recipe, shape);
      const before = tf.memory();
      const session = await open('wasm', given);
      const allDead = Uint32Array.from({ length: shape.d_sae }, (_, i) => i);
      const { peakBytes } = await tf.profile(async () => {
        await session.step(1, 1e-3, allDead);
        return [];
      });
      const plan = tfjsEngine('wasm').planMemory(given.config);
      const planned = plan.weights_bytes + plan.optimizer_bytes + plan.batch_bytes;
      expect(peakBytes - before.numBytes).toBeLessThanOrEqual(planned);
      expect(peakBytes - before.numBytes).toBeGreaterThan(planned / 2);
      await session.close();
      expect(tf.memory().numTensors).toBe(before.numTensors);
    }
  });
});

describe('selection', () => {
  const values = [3, 5, 5, -1, 5, 0, -2, -3, 2, 4, 4, 4];

  test('keeps the k largest of every row, ties lowest index first', async () => {
    const loaded = await loadTfjs();
    useBackend(loaded);
    const kept = strongestOfRows(loaded.tf, loaded.tf.tensor2d(values, [3, 4]), 2).dataSync();
    expect([...kept]).toEqual([0, 5, 5, 0, 5, 0, 0, 0, 0, 4, 4, 0]);
  });

  test('keeps the largest of the batch, ties lowest row and index first, and says the smallest', async () => {
    const loaded = await loadTfjs();
    useBackend(loaded);
    const { tf } = loaded;
    const some = strongestOfBatch(tf, tf.tensor2d(values, [4, 3]), 1);
    expect([...some.f.dataSync()]).toEqual([0, 5, 5, 0, 5, 0, 0, 0, 0, 4, 0, 0]);
    expect(some.smallest.dataSync()[0]).toBe(4);
    const all = strongestOfBatch(tf, tf.tensor2d(values, [3, 4]), 4);
    expect([...all.f.dataSync()]).toEqual(values.map((v) => Math.max(0, v)));
    expect(all.smallest.dataSync()[0]).toBe(2);
    expect(strongestOfBatch(tf, tf.tensor2d([-1, -2], [1, 2]), 2).smallest.dataSync()[0]).toBe(0);
  });
});
