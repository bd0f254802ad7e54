import { DecayShape, DecoderBiasStart, InputScale, type TrainingSpec } from '@facet/contracts';
import { safeCount } from '@facet/mesh';
import type { BDecStart, DecayShape as DecayName, InputScale as ScaleName } from '@facet/sae-training';
import type { RecipeRecord } from '../records/recipe-record.ts';

type RecipeMessage = NonNullable<TrainingSpec['recipe']>;

/** Reads a recipe and its settings; what depends on the data is checked later, against it. */
export function readRecipe(recipe: RecipeMessage): RecipeRecord {
  switch (recipe.$case) {
    case 'standard':
      return {
        name: 'standard',
        ...readPenalty(recipe.value),
        resample_every: safeCount(recipe.value.resampleEvery, 'spec.standard.resample_every'),
      };
    case 'topk':
      return { name: 'topk', ...readSelection(recipe.value) };
    case 'batchtopk': {
      const { thresholdRate } = recipe.value;
      return { name: 'batchtopk', ...readSelection(recipe.value), threshold_rate: thresholdRate };
    }
    case 'jumprelu': {
      const { targetL0, initialThreshold, bandwidth } = recipe.value;
      const own = { target_l0: targetL0, initial_threshold: initialThreshold, bandwidth };
      return { name: 'jumprelu', ...readPenalty(recipe.value), ...own };
    }
    case 'gated':
      return { name: 'gated', ...readPenalty(recipe.value) };
    case 'matryoshka': {
      const { thresholdRate, prefixes } = recipe.value;
      const own = { threshold_rate: thresholdRate, prefixes: prefixes.length > 0 ? prefixes : undefined };
      return { name: 'matryoshka', ...readSelection(recipe.value), ...own };
    }
  }
}

/** Writes a recipe as it was read. */
export function toRecipe(recipe: RecipeRecord): RecipeMessage {
  switch (recipe.name) {
    case 'standard': {
      const resampleEvery = BigInt(recipe.resample_every ?? 0);
      return { $case: 'standard', value: { ...toPenalty(recipe), resampleEvery } };
    }
    case 'topk':
      return { $case: 'topk', value: toSelection(recipe) };
    case 'batchtopk': {
      const thresholdRate = recipe.threshold_rate;
      return { $case: 'batchtopk', value: { ...toSelection(recipe), thresholdRate } };
    }
    case 'jumprelu': {
      const { target_l0: targetL0, initial_threshold: initialThreshold, bandwidth } = recipe;
      return {
        $case: 'jumprelu',
        value: { ...toPenalty(recipe), targetL0, initialThreshold, bandwidth },
      };
    }
    case 'gated':
      return { $case: 'gated', value: toPenalty(recipe) };
    case 'matryoshka': {
      const { threshold_rate: thresholdRate, prefixes = [] } = recipe;
      return { $case: 'matryoshka', value: { ...toSelection(recipe), thresholdRate, prefixes } };
    }
  }
}

const DECAYS: Readonly<Record<string, DecayName>> = {
  [DecayShape.LINEAR]: 'linear',
  [DecayShape.COSINE]: 'cosine',
  [DecayShape.CONSTANT]: 'constant',
};

const SCALES: Readonly<Record<string, ScaleName>> = {
  [InputScale.NONE]: 'none',
  [InputScale.EXPECTED_AVERAGE_ONLY_IN]: 'expected_average_only_in',
  [InputScale.UNIT_MEAN_SQUARE]: 'unit_mean_square',
};

const STARTS: Readonly<Record<string, BDecStart>> = {
  [DecoderBiasStart.ZERO]: 'zero',
  [DecoderBiasStart.GEOMETRIC_MEDIAN]: 'geometric_median',
  [DecoderBiasStart.MEAN]: 'mean',
};

/** Choices that every recipe has, as a run keeps them; absent where they were not stated. */
export interface RecipeChoices {
  decay_shape?: DecayName | undefined;
  input_scale?: ScaleName | undefined;
  b_dec_start?: BDecStart | undefined;
}

type ChoiceMessages = Pick<TrainingSpec, 'decayShape' | 'inputScale' | 'bDecStart'>;

/** Reads the choices that every recipe has. */
export function readChoices({ decayShape, inputScale, bDecStart }: ChoiceMessages): RecipeChoices {
  return {
    decay_shape: DECAYS[decayShape],
    input_scale: SCALES[inputScale],
    b_dec_start: STARTS[bDecStart],
  };
}

/** Writes the choices as they were read. */
export function toChoices({ decay_shape, input_scale, b_dec_start }: RecipeChoices): ChoiceMessages {
  const messageOf = <Message extends string>(table: Readonly<Record<string, string>>, name?: string) =>
    Object.keys(table).find((message) => table[message] === name) as Message | undefined;
  return {
    decayShape: messageOf<DecayShape>(DECAYS, decay_shape) ?? DecayShape.UNSPECIFIED,
    inputScale: messageOf<InputScale>(SCALES, input_scale) ?? InputScale.UNSPECIFIED,
    bDecStart: messageOf<DecoderBiasStart>(STARTS, b_dec_start) ?? DecoderBiasStart.UNSPECIFIED,
  };
}

interface SelectionMessage {
  k: number;
  auxkAlpha?: number | undefined;
  kAux?: number | undefined;
}

interface PenaltyMessage {
  lambda?: number | undefined;
  lambdaWarmupFraction?: number | undefined;
}

function readSelection({ k, auxkAlpha, kAux }: SelectionMessage) {
  return { k, auxk_alpha: auxkAlpha, k_aux: kAux };
}

function toSelection(recipe: { k: number; auxk_alpha?: number | undefined; k_aux?: number | undefined }) {
  return { k: recipe.k, auxkAlpha: recipe.auxk_alpha, kAux: recipe.k_aux };
}

function readPenalty({ lambda, lambdaWarmupFraction }: PenaltyMessage) {
  return { lambda, lambda_warmup_fraction: lambdaWarmupFraction };
}

function toPenalty(recipe: { lambda?: number | undefined; lambda_warmup_fraction?: number | undefined }) {
  return { lambda: recipe.lambda, lambdaWarmupFraction: recipe.lambda_warmup_fraction };
}
