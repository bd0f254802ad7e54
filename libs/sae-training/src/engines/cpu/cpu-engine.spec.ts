import { createRandom } from '@facet/random';
import type { ResolvedConfig, TrainingConfig } from '../../config.ts';
import { resolveConfig } from '../../resolve-config.ts';
import { initialWeights } from '../../weights/initial-weights.ts';
import type { Weights } from '../../weights/weights.ts';
import type { EngineSession } from '../engine.ts';
import { cpuEngine } from './cpu-engine.ts';

interface Fixture {
  config: ResolvedConfig;
  x: Float32Array;
  initial: Weights;
}

function fixture(d_in: number, d_sae: number, overrides: Partial<TrainingConfig> = {}): Fixture {
  const random = createRandom(3n);
  const rows = 96;
  const x = Float32Array.from({ length: rows * d_in }, () => random.gaussian() + 0.5);
  const config = resolveConfig(
    {
      recipe: { name: 'topk', k: 6, k_aux: 5, auxk_alpha: 0.5 },
      d_sae,
      batch_rows: rows,
      threads: 1,
      ...overrides,
    },
    { d_in, rows },
  );
  const initial = initialWeights(config, x);
  for (let i = 0; i < d_sae; i++) initial.b_enc[i] = 0.05 * random.gaussian();
  for (let i = 0; i < initial.W_enc.length; i++) initial.W_enc[i] += 0.1 * random.gaussian();
  return { config, x, initial };
}

describe('cpuEngine', () => {
  test('counts the rows in which each feature fired', async () => {
    const given = fixture(16, 40);
    const session = await cpuEngine.open(given.config, given.initial);
    session.fill(given.x, 0);
    const { firings, l0 } = await session.step(0, 1e-3, new Uint32Array(0));
    await session.close();
    expect(firings.reduce((sum, n) => sum + n, 0)).toBe(Math.round(l0 * 96));
    expect(l0).toBeGreaterThan(5);
  });

  test('tells rows that hold NaN from a run that diverged, naming the step', async () => {
    const given = fixture(16, 40);
    const session = await cpuEngine.open(given.config, given.initial);
    session.fill(given.x.slice().fill(Number.NaN, 5, 6), 0);
    await expect(session.step(6, 1e-3, new Uint32Array(0))).rejects.toThrow(/rows of step 7 hold NaN/);
    session.fill(given.x, 0);
    await session.step(7, 1e30, new Uint32Array(0));
    session.fill(given.x, 0);
    await expect(session.step(8, 1e30, new Uint32Array(0))).rejects.toThrow(
      /diverged at step 9.*lower learning_rate/,
    );
    await session.close();
  });

  test.each([
    ['topk', { name: 'topk', k: 6 }],
    ['standard', { name: 'standard' }],
  ] as const)('ends a step of %s under way when its signal aborts, weights untouched', async (_, recipe) => {
    const given = fixture(16, 40, { recipe });
    const stop = new AbortController();
    const session = await cpuEngine.open(given.config, given.initial, stop.signal);
    const before = session.weights();
    session.fill(given.x, 0);
    const ended = expect(session.step(0, 1e-3, new Uint32Array(0))).rejects.toMatchObject({
      kind: 'cancelled',
    });
    stop.abort();
    await ended;
    expect(session.weights()).toEqual(before);
    await session.close();
  });

  test('goes on bit-identically in another session that its state was copied into', async () => {
    const given = fixture(37, 75);
    const dead = Uint32Array.of(3, 40);
    const step = async (session: EngineSession, at: number) => {
      session.fill(given.x, 0);
      const { loss, gradient_norm } = await session.step(at, 1e-3, dead);
      return { loss, gradient_norm };
    };
    const first = await cpuEngine.open(given.config, given.initial);
    for (let at = 0; at < 3; at++) await step(first, at);
    const saved = new Map([...first.state()].map(([name, view]) => [name, view.slice()]));
    const expected = [await step(first, 3), await step(first, 4)];
    const second = await cpuEngine.open(given.config, given.initial);
    await step(second, 0);
    for (const [name, view] of second.state()) view.set(saved.get(name)!);
    expect([await step(second, 3), await step(second, 4)]).toEqual(expected);
    expect(second.weights()).toEqual(first.weights());
    expect(second.weights().W_enc).not.toEqual(given.initial.W_enc);
    expect([...second.state()]).toEqual([...first.state()]);
    await Promise.all([first.close(), second.close()]);
  });

  test('computes the same bits on one thread as on several', async () => {
    const random = createRandom(9n);
    const [d_in, rows] = [128, 256];
    const x = Float32Array.from({ length: rows * d_in }, () => random.gaussian());
    const trained = async (threads: number) => {
      const given = { recipe: { name: 'topk' as const, k: 8 }, d_sae: 2048, batch_rows: rows, threads };
      const config = resolveConfig(given, { d_in, rows });
      const session = await cpuEngine.open(config, initialWeights(config, x));
      const norms: number[] = [];
      for (let at = 0; at < 3; at++) {
        session.fill(x, 0);
        const { gradient_norm } = await session.step(at, 1e-3, Uint32Array.of(7, 500, 2000));
        norms.push(gradient_norm);
      }
      const weights = session.weights();
      await session.close();
      return { norms, weights };
    };
    expect(await trained(3)).toEqual(await trained(1));
  });

  test('plans the memory that it takes', () => {
    const { config } = fixture(16, 40);
    const plan = cpuEngine.planMemory(config);
    expect(plan.weights_bytes).toBeGreaterThan(4 * (2 * 16 * 40 + 40 + 16));
    expect(plan.optimizer_bytes).toBeGreaterThan(2 * plan.weights_bytes);
    expect(plan.batch_bytes).toBeGreaterThan(4 * 96 * (16 + 40));
  });
});
