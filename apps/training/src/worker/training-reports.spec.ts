import { createTrainingReporter, type TaskProgress } from './training-reports.ts';

const STEPS = 4;
const BATCH = 100;

/** A step of one SAE as the engine tells it. */
function progressAt(step: number, l0: number) {
  const metrics = { loss: 1, l0, fvu: 0.5, gradient_norm: 1, dead_fraction: 0, learning_rate: 1e-3 };
  return { step, steps: STEPS, tokens: step * BATCH, ...metrics };
}

describe('createTrainingReporter', () => {
  test('tells several SAEs together, and counts a step in parts as they take it', () => {
    let nowMs = 0;
    const told: TaskProgress[] = [];
    const report = createTrainingReporter({ now: () => nowMs, onProgress: (one) => told.push(one) }, 2);
    for (let step = 1; step <= STEPS; step++) {
      for (const member of [0, 1]) {
        nowMs += 1000;
        report(progressAt(step, 10 * (member + 1)), member);
      }
    }
    expect(told.map(({ done }) => done)).toEqual([50, 100, 150, 200, 250, 300, 350, 400]);
    expect(told.slice(1).map(({ rate }) => Math.round(rate))).toEqual(Array(7).fill(50));
    expect(told[0]).toMatchObject({ stage: 'training', total: 400, members: [{ step: 1, l0: 10 }, null] });
    expect(told[3]!.members?.map((one) => one?.l0)).toEqual([10, 20]);
    expect(told[3]).not.toHaveProperty('step');
    expect(told[3]!.etaSeconds).toBeCloseTo(4, 9);
  });

  test('tells one SAE by itself, at most five times a second but for its last step', () => {
    let nowMs = 0;
    const told: TaskProgress[] = [];
    const report = createTrainingReporter({ now: () => nowMs, onProgress: (one) => told.push(one) });
    for (let step = 1; step <= STEPS; step++) {
      report(progressAt(step, 3), 0);
      nowMs += 10;
    }
    expect(told.map(({ stage, done, step }) => [stage, done, step?.step])).toEqual([
      ['training', 100, 1],
      ['evaluating', 400, 4],
    ]);
    expect(told[0]).not.toHaveProperty('members');
  });
});
