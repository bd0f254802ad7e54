import { type Bounds, parseCount, parseDecimal } from '@facet/console';
import { DecayShape, DecoderBiasStart, InputScale, type TrainingSpec } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { type Command, Option } from 'commander';

/** Options that `addRecipeOptions` adds, as commander gives them. */
export interface RecipeOptions {
  recipe: string;
  k?: string;
  auxkAlpha?: string;
  kAux?: string;
  thresholdRate?: string;
  prefixes?: string;
  lambda?: string;
  lambdaWarmup?: string;
  resampleEvery?: string;
  targetL0?: string;
  initialThreshold?: string;
  bandwidth?: string;
  decayShape?: string;
  inputScale?: string;
  bDecStart?: string;
}

export type RecipeName = NonNullable<TrainingSpec['recipe']>['$case'];

const SELECTION = ['k', 'auxkAlpha', 'kAux'] as const;
const PENALTY = ['lambda', 'lambdaWarmup'] as const;

/** The settings that each recipe has; an option of another recipe is refused rather than dropped. */
const SETTINGS: Readonly<Record<RecipeName, readonly (keyof RecipeOptions)[]>> = {
  topk: SELECTION,
  standard: [...PENALTY, 'resampleEvery'],
  batchtopk: [...SELECTION, 'thresholdRate'],
  jumprelu: [...PENALTY, 'targetL0', 'initialThreshold', 'bandwidth'],
  gated: PENALTY,
  matryoshka: [...SELECTION, 'thresholdRate', 'prefixes'],
};

const FLAGS: Readonly<Partial<Record<keyof RecipeOptions, string>>> = {
  k: '--k',
  auxkAlpha: '--auxk-alpha',
  kAux: '--k-aux',
  thresholdRate: '--threshold-rate',
  prefixes: '--prefixes',
  lambda: '--lambda',
  lambdaWarmup: '--lambda-warmup',
  resampleEvery: '--resample-every',
  targetL0: '--target-l0',
  initialThreshold: '--initial-threshold',
  bandwidth: '--bandwidth',
};

const ANY: Bounds = { min: 0, max: 1e9 };
const SHARE: Bounds = { min: 0, max: 1 };

export const RECIPE_NAMES = Object.keys(SETTINGS) as readonly RecipeName[];

/** The options that are settings of a recipe. */
export function settingsOf(name: RecipeName): readonly (keyof RecipeOptions)[] {
  return SETTINGS[name];
}

/** Adds the options that choose a recipe and its settings. */
export function addRecipeOptions(command: Command): Command {
  command
    .addOption(new Option('--recipe <name>', 'how to train').choices(RECIPE_NAMES).default('topk'))
    .option('--k <count>', 'features that fire for a token (topk, batchtopk, matryoshka)')
    .option('--lambda <weight>', 'weight of the penalty (standard, gated: 5; jumprelu)')
    .option('--target-l0 <count>', 'features per token that the penalty pulls to (jumprelu)');
  return addRecipeDetails(command);
}

/** Adds the settings of recipes besides the one that decides how many features fire. */
export function addRecipeDetails(command: Command): Command {
  return command
    .option('--auxk-alpha <weight>', 'weight of the auxiliary loss for dead features (default: 1/32)')
    .option('--k-aux <count>', 'dead features in the auxiliary loss (default: d_in / 2)')
    .option(
      '--threshold-rate <rate>',
      'how fast the threshold follows (batchtopk, matryoshka; default: 50 / steps, at least 0.01)',
    )
    .option(
      '--prefixes <counts>',
      'nested sizes, such as 64,256,1024 (matryoshka; default: d_sae / 16 to d_sae)',
    )
    .option('--lambda-warmup <share>', 'share of the steps over which it rises (default: 0.05)')
    .option(
      '--resample-every <steps>',
      'steps between resamplings of dead features (standard; default: never)',
    )
    .option('--initial-threshold <value>', 'threshold at the beginning (jumprelu; default: 0.001)')
    .option('--bandwidth <width>', "width of a threshold's window (jumprelu; default: 0.001)")
    .addOption(choice('--decay-shape <name>', 'how the learning rate falls', DecayShape))
    .addOption(choice('--input-scale <name>', 'what rows are multiplied by in training', InputScale))
    .addOption(choice('--b-dec-start <name>', 'where b_dec begins', DecoderBiasStart));
}

/** Makes the recipe, and the choices that every recipe has, of the options. */
export function parseRecipe(
  options: RecipeOptions,
  dSae: number,
): Pick<TrainingSpec, 'recipe' | 'decayShape' | 'inputScale' | 'bDecStart'> {
  return { recipe: recipeOf(options, dSae), ...parseChoices(options) };
}

/** Reads the choices that every recipe has. */
export function parseChoices(
  options: RecipeOptions,
): Pick<TrainingSpec, 'decayShape' | 'inputScale' | 'bDecStart'> {
  return {
    decayShape: chosen(DecayShape, options.decayShape),
    inputScale: chosen(InputScale, options.inputScale),
    bDecStart: chosen(DecoderBiasStart, options.bDecStart),
  };
}

function recipeOf(options: RecipeOptions, dSae: number): TrainingSpec['recipe'] {
  const name = options.recipe as RecipeName;
  refuseForeign(options, [name]);
  const thresholdRate = decimal(options, 'thresholdRate', SHARE);
  switch (name) {
    case 'standard': {
      const resampleEvery = BigInt(whole(options, 'resampleEvery', ANY) ?? 0);
      return { $case: name, value: { ...penalty(options), resampleEvery } };
    }
    case 'topk':
      return { $case: name, value: selection(options, dSae) };
    case 'batchtopk':
      return { $case: name, value: { ...selection(options, dSae), thresholdRate } };
    case 'jumprelu': {
      const targetL0 = decimal(options, 'targetL0', { min: 0, max: dSae });
      const [initialThreshold, bandwidth] = (['initialThreshold', 'bandwidth'] as const).map((key) =>
        decimal(options, key, ANY),
      );
      return { $case: name, value: { ...penalty(options), targetL0, initialThreshold, bandwidth } };
    }
    case 'gated':
      return { $case: name, value: penalty(options) };
    case 'matryoshka': {
      const prefixes = (options.prefixes?.split(',') ?? []).map((text) =>
        parseCount(text, '--prefixes', { min: 1, max: dSae }),
      );
      return { $case: name, value: { ...selection(options, dSae), thresholdRate, prefixes } };
    }
  }
}

/** Refuses a setting that none of the recipes has, rather than dropping it. */
export function refuseForeign(options: Partial<RecipeOptions>, names: readonly RecipeName[]): void {
  for (const [key, flag] of Object.entries(FLAGS) as [keyof RecipeOptions, string][]) {
    if (options[key] === undefined || names.some((name) => SETTINGS[name].includes(key))) continue;
    const having = Object.keys(SETTINGS).filter((recipe) => SETTINGS[recipe as RecipeName].includes(key));
    throw new FacetError(
      'invalid',
      `the recipe ${names.join(', ')} has no ${flag}; ${having.join(', ')} have it: leave it out or give another --recipe`,
    );
  }
}

function selection(options: RecipeOptions, dSae: number) {
  const k = whole(options, 'k', { min: 1, max: ANY.max });
  if (k === undefined) {
    throw new FacetError('invalid', `--k is missing: the recipe ${options.recipe} selects k features`);
  }
  if (k > dSae) throw new FacetError('invalid', `--k ${k} is more than --d-sae ${dSae}; give a smaller k`);
  const kAux = whole(options, 'kAux', { min: 1, max: dSae });
  return { k, auxkAlpha: decimal(options, 'auxkAlpha', { min: 0, max: 1000 }), kAux };
}

function penalty(options: RecipeOptions) {
  return {
    lambda: decimal(options, 'lambda', ANY),
    lambdaWarmupFraction: decimal(options, 'lambdaWarmup', SHARE),
  };
}

function whole(options: RecipeOptions, key: keyof RecipeOptions, bounds: Bounds): number | undefined {
  const text = options[key];
  return text === undefined ? undefined : parseCount(text, FLAGS[key]!, bounds);
}

function decimal(options: RecipeOptions, key: keyof RecipeOptions, bounds: Bounds): number | undefined {
  const text = options[key];
  return text === undefined ? undefined : parseDecimal(text, FLAGS[key]!, bounds);
}

function choice(flags: string, description: string, values: Readonly<Record<string, string>>): Option {
  const names = Object.keys(values).filter((name) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED');
  return new Option(flags, description).choices(names.map((name) => name.toLowerCase()));
}

function chosen<Value extends string>(values: Readonly<Record<string, Value>>, name = 'unspecified'): Value {
  return values[name.toUpperCase()]!;
}
