import type { TrainingSpec } from '@facet/contracts';
import { RECIPE_NAMES } from '@facet/sae-training';
import { recipeSchema } from '../records/recipe-record.ts';
import { readChoices, readRecipe, toChoices, toRecipe } from './recipe-messages.ts';

type Message = NonNullable<TrainingSpec['recipe']>;

const selection = { k: 8, auxkAlpha: 0.5, kAux: 4 };
const penalty = { lambda: 2, lambdaWarmupFraction: 0.1 };

const FULL: Message[] = [
  { $case: 'standard', value: { ...penalty, resampleEvery: 1000n } },
  { $case: 'topk', value: selection },
  { $case: 'batchtopk', value: { ...selection, thresholdRate: 0.1 } },
  { $case: 'jumprelu', value: { ...penalty, targetL0: 20, initialThreshold: 0.01, bandwidth: 0.02 } },
  { $case: 'gated', value: penalty },
  { $case: 'matryoshka', value: { ...selection, thresholdRate: 0.1, prefixes: [8, 16] } },
];

describe('readRecipe and toRecipe', () => {
  test.each(FULL)('keep every setting of $$case, through run.json too', (message) => {
    const kept = recipeSchema.parse(JSON.parse(JSON.stringify(readRecipe(message))));
    expect(toRecipe(kept)).toEqual(message);
  });

  test('know every recipe that can be trained', () => {
    expect(FULL.map(({ $case }) => $case).sort()).toEqual([...RECIPE_NAMES].sort());
  });

  test('leave to the recipe what is not stated', () => {
    const record = readRecipe({ $case: 'matryoshka', value: { k: 8, prefixes: [] } });
    expect(JSON.parse(JSON.stringify(record))).toEqual({ name: 'matryoshka', k: 8 });
  });
});

describe('readChoices and toChoices', () => {
  test('translate what is stated and leave the rest open', () => {
    const stated = {
      decayShape: 'DECAY_SHAPE_CONSTANT',
      inputScale: 'INPUT_SCALE_UNIT_MEAN_SQUARE',
      bDecStart: 'DECODER_BIAS_START_MEAN',
    } as const;
    expect(readChoices(stated)).toEqual({
      decay_shape: 'constant',
      input_scale: 'unit_mean_square',
      b_dec_start: 'mean',
    });
    expect(toChoices(readChoices(stated))).toEqual(stated);
    const open = toChoices({});
    expect(open.decayShape).toBe('DECAY_SHAPE_UNSPECIFIED');
    expect(toChoices(readChoices(open))).toEqual(open);
  });
});
