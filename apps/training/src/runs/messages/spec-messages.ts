import type { TrainingSpec, TrainingVariant } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { parseName, safeCount } from '@facet/mesh';
import { MAX_MEMBERS } from '@facet/sae-training';
import { MAX_SETS } from '../../rows/training-sets.ts';
import type { RunSpec } from '../records/run-record.ts';
import { readChoices, readRecipe, toChoices, toRecipe } from './recipe-messages.ts';

/** Held out where a caller does not say. */
const DEFAULT_HELD_OUT_FRACTION = 0.05;

/** Reads what to train; values that depend on the data are checked later, against it. */
export function readTrainingSpec(spec: TrainingSpec | undefined): RunSpec {
  if (!spec) throw invalid('spec', 'spec is missing; say what to train');
  const { recipe, activationSets, variants } = spec;
  if (activationSets.length === 0 || activationSets.length > MAX_SETS) {
    const message = `spec.activation_sets has ${activationSets.length} names; give 1 to ${MAX_SETS}`;
    throw invalid('spec.activation_sets', message);
  }
  if (variants.length > MAX_MEMBERS) {
    throw invalid('spec.variants', `spec.variants has ${variants.length} SAEs; give at most ${MAX_MEMBERS}`);
  }
  return {
    activationSets: activationSets.map((name) => parseName(name, 'activationSets', 'spec.activation_sets')),
    sae: spec.sae === '' ? '' : parseName(spec.sae, 'saes', 'spec.sae'),
    heldOutFraction: spec.heldOutFraction ?? DEFAULT_HELD_OUT_FRACTION,
    seed: String(spec.seed),
    recipe: recipe && readRecipe(recipe),
    ...readChoices(spec),
    d_sae: spec.dSae,
    tokens: safeCount(spec.tokens, 'spec.tokens'),
    batch_rows: spec.batchTokens,
    learning_rate: spec.learningRate,
    warmup_steps: spec.warmupSteps,
    decay_fraction: spec.decayFraction,
    gradient_clip_norm: spec.gradientClipNorm,
    dead_window_tokens:
      spec.deadWindowTokens === undefined
        ? undefined
        : safeCount(spec.deadWindowTokens, 'spec.dead_window_tokens'),
    engine: spec.engine,
    max_norm_multiple: spec.maxNormMultiple,
    checkpointSteps: safeCount(spec.checkpointSteps, 'spec.checkpoint_steps'),
    checkpointMinutes: spec.checkpointMinutes,
    variants: variants.length > 0 ? variants.map(readVariant) : undefined,
  };
}

/** Writes a spec as it was read. */
export function toTrainingSpec(spec: RunSpec): TrainingSpec {
  return {
    activationSets: spec.activationSets.map((id) => `activationSets/${id}`),
    sae: `saes/${spec.sae}`,
    dSae: spec.d_sae,
    recipe: spec.recipe && toRecipe(spec.recipe),
    ...toChoices(spec),
    tokens: BigInt(spec.tokens),
    batchTokens: spec.batch_rows,
    learningRate: spec.learning_rate,
    warmupSteps: spec.warmup_steps,
    decayFraction: spec.decay_fraction,
    seed: BigInt(spec.seed),
    heldOutFraction: spec.heldOutFraction,
    deadWindowTokens: spec.dead_window_tokens === undefined ? undefined : BigInt(spec.dead_window_tokens),
    gradientClipNorm: spec.gradient_clip_norm,
    engine: spec.engine,
    maxNormMultiple: spec.max_norm_multiple,
    checkpointSteps: BigInt(spec.checkpointSteps ?? 0),
    checkpointMinutes: spec.checkpointMinutes,
    variants: (spec.variants ?? []).map(toVariant),
  };
}

type VariantRecord = NonNullable<RunSpec['variants']>[number];

function readVariant({ sae, dSae, recipe, learningRate }: TrainingVariant): VariantRecord {
  return {
    sae: sae === '' ? '' : parseName(sae, 'saes', 'spec.variants.sae'),
    recipe: recipe && readRecipe(recipe),
    d_sae: dSae || undefined,
    learning_rate: learningRate,
  };
}

function toVariant({ sae, recipe, d_sae, learning_rate }: VariantRecord): TrainingVariant {
  return {
    sae: `saes/${sae}`,
    dSae: d_sae ?? 0,
    recipe: recipe && toRecipe(recipe),
    learningRate: learning_rate,
  };
}

function invalid(field: string, message: string): FacetError {
  return new FacetError('invalid', message, { field });
}
