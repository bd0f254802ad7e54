import { FacetError } from '@facet/errors';
import { requireChoice, requireInteger, requireRange } from './checks.ts';
import type { ResolvedConfig, TrainingConfig } from './config.ts';
import { recipeOf } from './recipes/registry.ts';
import { INPUT_SCALES } from './rows/input-scale.ts';
import { DECAY_SHAPES } from './schedule/schedule.ts';
import { B_DEC_STARTS } from './weights/b-dec-start.ts';

/** Most features of an SAE that is trained here. */
export const MAX_TRAINED_D_SAE = 2 ** 20;
/** Most SAEs that train together: the run's state, its messages and reports stay small. */
export const MAX_MEMBERS = 64;
/** Most rows of one step. */
export const MAX_BATCH_ROWS = 65_536;
/** Most rows of one run, repeats counted. */
export const MAX_TOKENS = 2 ** 40;
/** Largest norm that can be stated: far above what single precision can square. */
export const MAX_NORM = 1e30;

const DEFAULT_BATCH_ROWS = 4096;
const DEFAULT_DEAD_WINDOW = 10_000_000;

/** Fills in defaults and checks every value, naming the one at fault; `rows` are what one pass gives. */
export function resolveConfig(
  config: TrainingConfig,
  source: { d_in: number; rows: number },
): ResolvedConfig {
  requireInteger('d_sae', config.d_sae, 2, MAX_TRAINED_D_SAE);
  const batch_rows = config.batch_rows || DEFAULT_BATCH_ROWS;
  requireInteger('batch_tokens', batch_rows, 1, MAX_BATCH_ROWS);
  requireRows(source.rows, batch_rows);
  const tokens = config.tokens || source.rows;
  requireInteger('tokens', tokens, batch_rows, MAX_TOKENS);
  const steps = Math.floor(tokens / batch_rows);
  const recipe = recipeOf(config.recipe);
  const sizes = { d_in: source.d_in, d_sae: config.d_sae, batch_rows, steps };
  const defaults = recipe.defaults(sizes);
  const resolved: ResolvedConfig = {
    recipe: recipe.resolve(config.recipe, sizes),
    d_in: source.d_in,
    d_sae: config.d_sae,
    tokens: steps * batch_rows,
    steps,
    batch_rows,
    learning_rate: config.learning_rate ?? defaults.learning_rate,
    warmup_steps: config.warmup_steps ?? defaults.warmup_steps,
    decay_shape: config.decay_shape ?? 'linear',
    decay_fraction: config.decay_fraction ?? 0.2,
    gradient_clip_norm: config.gradient_clip_norm ?? 1,
    dead_window_tokens: config.dead_window_tokens ?? Math.min(DEFAULT_DEAD_WINDOW, Math.ceil(tokens / 2)),
    input_scale: config.input_scale ?? defaults.input_scale,
    b_dec_start: config.b_dec_start ?? defaults.b_dec_start,
    seed: config.seed ?? 0n,
    engine: config.engine || 'cpu',
    threads: config.threads ?? 0,
    // Engines average in f32: bias corrections in f64 must be of the very same decays, or every step is off by 6e-6.
    adam: { beta1: Math.fround(defaults.beta1), beta2: Math.fround(0.999), epsilon: 1e-8 },
  };
  checkRates(resolved);
  return resolved;
}

/** Resolves the configurations of SAEs that train on the same batches; refuses what would give them others. */
export function resolveConfigs(
  configs: readonly TrainingConfig[],
  source: { d_in: number; rows: number },
): ResolvedConfig[] {
  requireInteger('variants', configs.length, 1, MAX_MEMBERS);
  const resolved = configs.map((config) => resolveConfig(config, source));
  const [first] = resolved;
  for (const name of ['batch_rows', 'tokens', 'seed'] as const) {
    const other = resolved.find((config) => config[name] !== first[name]);
    if (other === undefined) continue;
    const message = `SAEs that train together have one ${name}, but two have ${first[name]} and ${other[name]}`;
    throw new FacetError('invalid', message, { field: `spec.${name}` });
  }
  return resolved;
}

function requireRows(rows: number, batch_rows: number): void {
  if (rows === 0) {
    throw new FacetError('precondition', 'the activation set has no rows to train on; capture more text', {
      reason: 'ACTIVATION_SET_EMPTY',
    });
  }
  if (rows >= batch_rows) return;
  const message =
    `batch_tokens ${batch_rows} is more than the ${rows} rows there are to train on; ` +
    'lower it or capture more text';
  throw new FacetError('invalid', message, { field: 'spec.batch_tokens' });
}

function checkRates(config: ResolvedConfig): void {
  requireRange('learning_rate', config.learning_rate, Number.MIN_VALUE, 10);
  requireRange('decay_fraction', config.decay_fraction, 0, 1);
  requireRange('gradient_clip_norm', config.gradient_clip_norm, 0, MAX_NORM);
  requireInteger('warmup_steps', config.warmup_steps, 0, config.steps);
  requireInteger('dead_window_tokens', config.dead_window_tokens, 1, MAX_TOKENS);
  requireChoice('decay_shape', config.decay_shape, DECAY_SHAPES);
  requireChoice('input_scale', config.input_scale, INPUT_SCALES);
  requireChoice('b_dec_start', config.b_dec_start, B_DEC_STARTS);
}
