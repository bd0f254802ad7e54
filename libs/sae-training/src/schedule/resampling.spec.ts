import { createRandom } from '@facet/random';
import type { EngineSession } from '../engines/engine.ts';
import { engineOf } from '../engines/registry.ts';
import { resolveConfig } from '../resolve-config.ts';
import { initialWeights } from '../weights/initial-weights.ts';
import { createRowDraw, newEncoderLength } from './resampling.ts';

const D_IN = 8;
const D_SAE = 400;
const ROWS = 32;
const STEPS = 10;
/** The only features that are not dead. */
const ALIVE = 100;

const config = resolveConfig(
  {
    recipe: { name: 'standard', lambda: 0, resample_every: 3 },
    d_sae: D_SAE,
    batch_rows: ROWS,
    tokens: STEPS * ROWS,
    input_scale: 'none',
    threads: 1,
  },
  { d_in: D_IN, rows: ROWS },
);

/** Rows along the axes, row 0 the longest: its loss is the largest. */
function axes(): Float32Array {
  const x = new Float32Array(ROWS * D_IN);
  for (let row = 0; row < ROWS; row++) x[row * D_IN + (row % D_IN)] = row === 0 ? -5 : 2;
  return x;
}

const dead = Uint32Array.from({ length: D_SAE - ALIVE }, (_, i) => ALIVE + i);

/**
 * Takes the steps up to number `steps`, with encoder biases that begin at `bias`. At −100 no feature fires, so x̂ = 0 and the
 * loss of a row is ‖x‖².
 */
async function stepTo(steps: number, bias = -100): Promise<EngineSession> {
  const x = axes();
  const initial = initialWeights(config, x);
  initial.b_enc.fill(bias);
  const random = createRandom(5n);
  for (let i = 0; i < initial.W_enc.length; i++) initial.W_enc[i] = random.gaussian();
  const session = await engineOf('cpu').open(config, initial);
  for (let step = 0; step < steps; step++) {
    session.fill(x, 0);
    await session.step(step, 1e-6, dead);
  }
  return session;
}

const norm = (values: Float32Array) => Math.hypot(...values);
const rowsOf = (W: Float32Array, features: Iterable<number>) =>
  Array.from(features, (i) => W.subarray(i * D_IN, (i + 1) * D_IN));

describe('resampling of dead features', () => {
  test('happens every so many steps, and not while the learning rate falls', async () => {
    const session = await stepTo(0);
    const resampledAfter: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      session.fill(axes(), 0);
      await session.step(step, 1e-6, dead);
      // A new feature fires for the row that it was made of, and the next step moves its bias.
      const biases = session.weights().b_enc.subarray(ALIVE);
      if (biases.every((bias) => bias === 0)) resampledAfter.push(step + 1);
    }
    // 9 is a multiple of 3 too, but lies in the last fifth.
    expect(resampledAfter).toEqual([3, 6]);
    await session.close();
  });

  test('gives a dead feature the direction of a row, a short encoder and no bias', async () => {
    const session = await stepTo(3);
    const { W_enc, W_dec, b_enc } = session.weights();
    const alive = Array.from({ length: ALIVE }, (_, i) => i);
    const meanNorm = rowsOf(W_enc, alive).reduce((sum, row) => sum + norm(row), 0) / ALIVE;
    for (const [i, direction] of rowsOf(W_dec, dead).entries()) {
      expect(Array.from(direction).filter((value) => value !== 0)).toHaveLength(1);
      expect(norm(direction)).toBe(1);
      const encoder = W_enc.subarray(dead[i] * D_IN, (dead[i] + 1) * D_IN);
      for (let j = 0; j < D_IN; j++) expect(encoder[j]).toBeCloseTo(0.2 * meanNorm * direction[j], 5);
      expect(b_enc[dead[i]]).toBe(0);
    }
    expect(b_enc.subarray(0, ALIVE).every((value) => value < -99)).toBe(true);
    await session.close();
  });

  test('leaves nothing of how the feature moved before', async () => {
    // All fire, those that are called dead too, so Adam has moments of all of them.
    const session = await stepTo(3, 0);
    const before = session.weights();
    session.fill(new Float32Array(ROWS * D_IN), 0);
    await session.step(3, 1e-3, dead);
    const after = session.weights();
    const first = ALIVE * D_IN;
    for (const name of ['W_enc', 'W_dec'] as const) {
      expect(after[name].subarray(first)).toEqual(before[name].subarray(first));
      expect(after[name].subarray(0, first)).not.toEqual(before[name].subarray(0, first));
    }
    expect(after.b_enc.subarray(ALIVE)).toEqual(before.b_enc.subarray(ALIVE));
    await session.close();
  });

  test('draws rows with p ∝ loss²', async () => {
    const session = await stepTo(3);
    const directions = rowsOf(session.weights().W_dec, dead);
    const ofFirst = directions.filter((direction) => direction[0] === -1).length / dead.length;
    // Losses 25 and 31 times 4: (25² = 625) / (625 + 31 · 16) = 0.56; with p ∝ loss it were 0.17.
    expect(Math.abs(ofFirst - 625 / 1121)).toBeLessThan(0.1);
    await session.close();
  });
});

describe('createRowDraw', () => {
  test('draws the same rows for the same seed and step, and never one without a loss', () => {
    const draws = (seed: bigint, step: number) => {
      const draw = createRowDraw(seed, step, [0, 3, 0, 4]);
      return Array.from({ length: 100 }, draw);
    };
    expect(new Set(draws(1n, 7))).toEqual(new Set([1, 3]));
    expect(draws(1n, 7)).toEqual(draws(1n, 7));
    expect(draws(1n, 8)).not.toEqual(draws(1n, 7));
    expect(draws(2n, 7)).not.toEqual(draws(1n, 7));
  });

  test('draws none where every loss is 0', () => {
    expect(createRowDraw(1n, 0, [0, 0])()).toBeUndefined();
  });
});

describe('newEncoderLength', () => {
  test('is a fifth of the mean norm of features alive, and 1 where none is', () => {
    expect(newEncoderLength([2, 100, 4], Uint32Array.of(1))).toBeCloseTo(0.6, 12);
    expect(newEncoderLength([2, 100], Uint32Array.of(0, 1))).toBe(1);
  });
});
