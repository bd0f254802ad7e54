import { createRandom, shuffle } from '@facet/random';
import { geometricMedian, meanRow } from '../weights/geometric-median.ts';
import { createFiringWindow } from './firing-window.ts';
import { lambdaAt, learningRateAt, type Schedule } from './schedule.ts';

const schedule: Schedule = {
  steps: 100,
  learning_rate: 1,
  warmup_steps: 10,
  decay_shape: 'linear',
  decay_fraction: 0.2,
};

describe('learningRateAt', () => {
  test('rises over the warm-up, stays, and falls towards 0', () => {
    expect(learningRateAt(schedule, 0)).toBeCloseTo(0.1);
    expect(learningRateAt(schedule, 9)).toBe(1);
    expect(learningRateAt(schedule, 80)).toBe(1);
    expect(learningRateAt(schedule, 90)).toBeCloseTo(0.5);
    expect(learningRateAt(schedule, 99)).toBeCloseTo(0.05);
  });

  test('falls on half a cosine, or not at all', () => {
    const at = (decay_shape: Schedule['decay_shape'], step: number) =>
      learningRateAt({ ...schedule, decay_shape }, step);
    // A quarter, a half and three quarters of the way down: (1 + cos(π/4)) / 2, 1/2, (1 + cos(3π/4)) / 2.
    expect(at('cosine', 80)).toBe(1);
    expect(at('cosine', 85)).toBeCloseTo(0.853553, 6);
    expect(at('cosine', 90)).toBeCloseTo(0.5, 6);
    expect(at('cosine', 95)).toBeCloseTo(0.146447, 6);
    expect(at('constant', 99)).toBe(1);
    expect(learningRateAt({ ...schedule, decay_fraction: 0 }, 99)).toBe(1);
  });

  test('multiplies rise and fall where they overlap, and begins at its peak without a warm-up', () => {
    const overlapping = { ...schedule, warmup_steps: 100, decay_fraction: 1 };
    expect(learningRateAt(overlapping, 49)).toBeCloseTo(0.5 * 0.51);
    expect(learningRateAt({ ...schedule, warmup_steps: 0 }, 0)).toBe(1);
  });
});

describe('lambdaAt', () => {
  test('rises over a share of the steps, then stays', () => {
    const penalty = { lambda: 5, lambda_warmup_fraction: 0.05 };
    expect(lambdaAt(penalty, 0, 100)).toBe(1);
    expect(lambdaAt(penalty, 4, 100)).toBe(5);
    expect(lambdaAt(penalty, 99, 100)).toBe(5);
    expect(lambdaAt({ ...penalty, lambda_warmup_fraction: 0 }, 0, 100)).toBe(5);
  });
});

describe('geometricMedian', () => {
  test('stays with the many when one row is far away', () => {
    const x = Float32Array.of(0, 0, 1, 0, 0, 1, 1, 1, 1e6, 1e6);
    const [a, b] = geometricMedian(x, 5, 2);
    expect(a).toBeCloseTo(b, 4);
    expect(a).toBeLessThan(1.01);
    expect(a).toBeGreaterThan(0.5);
  });
});

describe('meanRow', () => {
  test('is the mean of the first rows', () => {
    expect(Array.from(meanRow(Float32Array.of(1, 2, 3, 6, 100, 100), 2, 2))).toEqual([2, 4]);
  });
});

describe('createRandom', () => {
  test('draws normally, repeats for a seed, and differs between streams', () => {
    const draws = (seed: bigint, stream = 0) => {
      const random = createRandom(seed, stream);
      return Array.from({ length: 4000 }, () => random.gaussian());
    };
    const sample = draws(1n);
    const mean = sample.reduce((a, b) => a + b) / 4000;
    const variance = sample.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000;
    expect(Math.abs(mean)).toBeLessThan(0.06);
    expect(Math.abs(variance - 1)).toBeLessThan(0.1);
    expect(draws(1n)).toEqual(sample);
    expect(draws(1n, 1)).not.toEqual(sample);
  });

  test('shuffles into a permutation', () => {
    const order = shuffle(
      Uint32Array.from({ length: 100 }, (_, i) => i),
      createRandom(4n),
    );
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order[0] === 0 && order[1] === 1 && order[2] === 2).toBe(false);
  });
});

describe('createFiringWindow', () => {
  test('calls a feature dead after the window, and alive again when it fires', () => {
    const window = createFiringWindow({ d_sae: 3, windowRows: 20, totalRows: 40 });
    window.note(Uint32Array.of(1, 0, 0), 10);
    window.note(Uint32Array.of(1, 0, 5), 10);
    expect(Array.from(window.dead())).toEqual([1]);
    window.note(Uint32Array.of(10, 0, 0), 10);
    window.note(Uint32Array.of(0, 1, 0), 10);
    expect(Array.from(window.dead())).toEqual([2]);
    expect(window.deadFraction()).toBeCloseTo(1 / 3);
    const [a, b, c] = window.log10Frequency();
    expect([a, b, c]).toEqual([Math.fround(Math.log10(0.5)), Math.fround(Math.log10(1 / 20)), -10]);
  });
});
