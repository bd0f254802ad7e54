import { TrainingEvaluation, TrainingRun, TrainingRunState } from '@facet/contracts';
import { describeTraining, describeTrainingInFull, trainingWork } from './train.ts';
import { evaluationFields } from './training-runs.ts';

const EVALUATION = TrainingEvaluation.fromPartial({
  trainedTokens: 2_000_000n,
  heldOutTokens: 36_000n,
  l0: 32,
  fvu: 0.125,
  explainedVariance: 0.875,
  deadFraction: 0.02,
  deadWindowTokens: 1_000_000n,
  excludedRows: 512n,
  engine: 'cpu',
});

describe('describeTrainingInFull', () => {
  test('says on how many tokens it was measured, the window of dead features, and what was left out', () => {
    expect(describeTrainingInFull(TrainingRun.fromPartial({ evaluation: EVALUATION }))).toBe(
      '2,000,000 tokens, l0 32.0, fvu 0.125 (explained variance 0.875), dead 2.0%; ' +
        'measured on 36,000 held-out tokens, dead over the last 1,000,000 of training; ' +
        '512 BOS and special tokens left out',
    );
  });

  test('counts outliers beside BOS and special tokens, also of a run that trains several SAEs', () => {
    const evaluation = { ...EVALUATION, outlierRows: 3n };
    const run = TrainingRun.fromPartial({ members: [{ evaluation }, { evaluation }] });
    expect(describeTrainingInFull(run)).toBe(
      '2,000,000 tokens, 2 SAEs, l0 32.0 to 32.0, fvu 0.125 to 0.125; ' +
        'measured on 36,000 held-out tokens, dead over the last 1,000,000 of training; ' +
        '512 BOS and special tokens and 3 outliers left out',
    );
  });

  test('warns of an l0 that misses its target, of several SAEs by name', () => {
    const evaluation = { ...EVALUATION, warnings: ['held-out l0 32.0 is 300 % above the 8 asked for'] };
    const run = TrainingRun.fromPartial({ evaluation });
    expect(describeTrainingInFull(run)).toMatch(/left out\nwarning: held-out l0 32.0 is 300 % above the 8/);
    expect(describeTraining(run)).toMatch(/dead 2.0%; warning: held-out l0 32.0 is 300 % above the 8/);
    const members = [
      { sae: 'saes/a', evaluation: EVALUATION },
      { sae: 'saes/b', evaluation },
    ];
    expect(describeTraining(TrainingRun.fromPartial({ members }))).toMatch(
      /; warning: saes\/b: held-out l0 32/,
    );
    expect(evaluationFields(evaluation)).toContainEqual(['warning', evaluation.warnings[0]]);
  });

  test('says that nothing was measured', () => {
    expect(describeTrainingInFull(TrainingRun.fromPartial({}))).toBe('no evaluation');
  });
});

describe('evaluationFields', () => {
  test('says the same, a line each', () => {
    expect(Object.fromEntries(evaluationFields({ ...EVALUATION, outlierRows: 1n }))).toMatchObject({
      fvu: '0.125 on 36,000 held-out tokens',
      'dead features': '2.0% silent over 1,000,000 tokens',
      'left out': '512 BOS and special tokens and 1 outlier',
    });
  });
});

describe('trainingWork', () => {
  const detailOf = (run: Parameters<typeof TrainingRun.fromPartial>[0]) =>
    trainingWork({} as never, 'trainingRuns/r').view(
      TrainingRun.fromPartial({ state: TrainingRunState.RUNNING, ...run }),
    ).detail;

  test('says that the first step is computed until there are metrics', () => {
    expect(detailOf({ progress: { stage: 'reading', done: 5n } })).toBeUndefined();
    expect(detailOf({ progress: { stage: 'training' } })).toBe('computing the first step');
    expect(detailOf({ progress: { stage: 'training' }, backend: 'wasm', engine: 'tfjs' })).toBe(
      'computing the first step, tfjs (wasm)',
    );
    expect(detailOf({ progress: { stage: 'training' }, stepMetrics: { loss: 2, l0: 3, fvu: 0.5 } })).toMatch(
      /^loss 2.00, l0 3.00/,
    );
  });
});
