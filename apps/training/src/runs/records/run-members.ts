import { FacetError, isFacetError } from '@facet/errors';
import { RECIPE_NAMES, type ResolvedConfig, resolveConfig, type TrainingConfig } from '@facet/sae-training';
import type { RecipeRecord } from './recipe-record.ts';
import type { MemberOutcome, RunOutcome, RunSpec } from './run-record.ts';

/** One SAE of a run, everything said. */
export interface MemberSpec {
  /** Id that the SAE gets. */
  sae: string;
  recipe: RecipeRecord;
  d_sae: number;
  learning_rate?: number | undefined;
}

/** Whether a run trains several SAEs on one reading. */
export function hasVariants({ variants = [] }: RunSpec): boolean {
  return variants.length > 0;
}

/** The SAEs that a run trains, in order: its variants with the spec in place of what they leave out, or the spec's one. */
export function membersOf(spec: RunSpec): MemberSpec[] {
  const { sae, recipe, d_sae, learning_rate, variants = [] } = spec;
  if (variants.length === 0)
    return [{ sae, recipe: requireRecipe(recipe, 'spec.recipe'), d_sae, learning_rate }];
  return variants.map((variant, i) => ({
    sae: variant.sae || `${sae}-${i + 1}`,
    recipe: requireRecipe(variant.recipe ?? recipe, `spec.variants[${i}].recipe`),
    d_sae: variant.d_sae || d_sae,
    learning_rate: variant.learning_rate ?? learning_rate,
  }));
}

function requireRecipe(recipe: RecipeRecord | undefined, field: string): RecipeRecord {
  if (recipe) return recipe;
  throw new FacetError('invalid', `${field} is missing; give one of ${RECIPE_NAMES.join(', ')}`, { field });
}

/** Finds the number of an SAE among those of its run; an empty id is the first. */
export function memberNumber(spec: RunSpec, sae: string): number {
  const names = membersOf(spec).map((member) => member.sae);
  const number = sae === '' ? 0 : names.indexOf(sae);
  if (number >= 0) return number;
  throw new FacetError(
    'invalid',
    `saes/${sae} is not of this run, which trains saes/${names.join(', saes/')}`,
    {
      field: 'sae',
    },
  );
}

/** Makes the engine's configurations of a run's spec, one for each SAE. */
export function toTrainingConfigs(spec: RunSpec): TrainingConfig[] {
  const { activationSets: _, sae: _1, heldOutFraction: _2, variants: _3, seed, ...rest } = spec;
  const { max_norm_multiple: _4, checkpointSteps: _5, checkpointMinutes: _6, ...shared } = rest;
  return membersOf(spec).map(({ sae: _, ...member }) => ({ ...shared, ...member, seed: BigInt(seed) }));
}

/** Fills in and checks the configurations of a run; errors of variants name the SAE. */
export function resolveMembers(spec: RunSpec, rows: { d_in: number; rows: number }): ResolvedConfig[] {
  const names = membersOf(spec).map(({ sae }) => sae);
  return toTrainingConfigs(spec).map((config, i) => {
    try {
      return resolveConfig(config, rows);
    } catch (error) {
      if (!hasVariants(spec) || !isFacetError(error)) throw error;
      const { kind, message, reason, field } = error;
      throw new FacetError(kind, `saes/${names[i]}: ${message}`, { reason, field, cause: error });
    }
  });
}

/** How each SAE of a run ended. */
export function memberOutcomes({ members, evaluation }: RunOutcome): MemberOutcome[] {
  return members ?? [{ evaluation }];
}

/** The outcome of a run whose SAEs ended so. */
export function succeeded(
  spec: RunSpec,
  members: MemberOutcome[],
): Pick<RunOutcome, 'state' | 'evaluation' | 'members'> {
  if (hasVariants(spec)) return { state: 'SUCCEEDED', members };
  return { state: 'SUCCEEDED', evaluation: members[0].evaluation };
}
