import { LAB_SAE } from '../../landmarks/lab.ts';
import { DEFAULT_SIZES, planScaling, saePlan } from './plan.ts';

const options = { seed: '0', dataDir: '.', out: '.', sizes: DEFAULT_SIZES, k: '4' };

describe('planScaling', () => {
  test('sorts sizes and takes each once', () => {
    expect(planScaling({ ...options, sizes: '2k,512,2000' }).sizes).toEqual([512, 2000]);
    expect(planScaling(options).sizes).toEqual([512, 1024, 2048, 4096, 8192, 16_384]);
  });

  test('trains and measures less when it must be quick', () => {
    expect(planScaling({ ...options, quick: true }).epochs).toBeLessThan(planScaling(options).epochs);
  });

  test('refuses fewer than two sizes and sizes that are none', () => {
    expect(() => planScaling({ ...options, sizes: '512' })).toThrow('names 1 different sizes');
    expect(() => planScaling({ ...options, sizes: '512,many' })).toThrow('--sizes "many"');
  });
});

describe('saePlan', () => {
  test('halves the learning rate when the dictionary grows four times', () => {
    const plan = planScaling(options);
    expect(saePlan(plan, LAB_SAE.dSae, 0).learningRate).toBe(LAB_SAE.learningRate);
    expect(saePlan(plan, 4 * LAB_SAE.dSae, 0).learningRate).toBeCloseTo(LAB_SAE.learningRate / 2, 8);
  });

  test('gives every size of every run a seed of its own', () => {
    const plan = planScaling(options);
    const seeds = [0, 1, 2].flatMap((seed) => plan.sizes.map((dSae) => saePlan(plan, dSae, seed).seed));
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});
