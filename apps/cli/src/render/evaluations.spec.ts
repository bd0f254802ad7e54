import { createPalette } from '@facet/console';
import { SaeEvaluation } from '@facet/contracts';
import { renderEvaluation } from './evaluations.ts';

const style = { palette: createPalette(false), columns: 80 };

const evaluation = SaeEvaluation.fromPartial({
  sae: 'saes/s',
  activationSet: 'activationSets/a',
  selection: 'EVALUATION_SELECTION_HELD_OUT_DOCUMENTS',
  tokens: 12_345n,
  contexts: 99,
  seconds: 4.2,
  reconstruction: {
    l0: 16,
    fvu: 0.125,
    explainedVariance: 0.875,
    deadFraction: 0.05,
    meanCosine: 0.93,
    meanNormRatio: 0.9,
    density: { edges: [-1, -0.5, 0], counts: [7n, 2n] },
  },
  model: {
    tokens: 12_000n,
    ceClean: 1.25,
    ceSae: 1.5,
    ceZero: 6.25,
    ceMean: 3.75,
    ceRecoveredZero: 0.95,
    ceRecoveredMean: Number.NaN,
    klSae: 0.25,
  },
});

describe('renderEvaluation', () => {
  test('says which rows were measured, how they are reconstructed, and what is left of the model', () => {
    const lines = renderEvaluation(evaluation, style).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'tokens              12,345 of documents that training held out, in 99 contexts',
        'fvu                 0.125',
        'dead features       5.0% silent over 12,345 tokens',
        "the model's own         1.2500",
        "the SAE's               1.5000",
        'their mean              3.7500    unknown',
        'zeros                   6.2500     95.00%',
        'KL(model ‖ SAE) 0.250 nats, over 12,000 predictions',
      ]),
    );
    expect(lines.at(-2)).toMatch(/^-1\.00 to -0\.500\s+7 {2}█+/);
  });

  test('says why the model was left out', () => {
    const { model: _, ...rest } = evaluation;
    const text = renderEvaluation({ ...rest, model: undefined, modelAbsentReason: 'nobody asked' }, style);
    expect(text).toContain('the model was left out: nobody asked');
    expect(text).not.toContain('cross-entropy');
  });
});
