import type { Lineage, Model } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { formatName, parseName } from '@facet/mesh';
import type { SaeDirections } from './sae-directions.ts';
import type { SteeringQuestion } from './steering-question.ts';

/** Resource name of the model to steer: the one asked for, else the one that the first SAE reads. */
export function modelNameOf(asked: string, [first]: readonly SaeDirections[]): string {
  if (asked !== '') return formatName('models', parseName(asked, 'models', 'model'));
  const { saeId, lineage } = first!;
  if (lineage.modelId === '') throw unbound(saeId);
  return formatName('models', lineage.modelId);
}

/**
 * Refuses SAEs that were not made for `model`: other weights or tokenizer, an unknown or unsteerable hook point, another
 * width. An SAE that was imported without hashes must at least name the model.
 */
export function requireMatchingSaes(model: Model, saes: readonly SaeDirections[]): void {
  for (const sae of saes) {
    requireSameModel(model.name, model.lineage, sae);
    const hookPoint = model.hookPoints.find(({ name }) => name === sae.hookPoint);
    if (hookPoint === undefined)
      throw mismatch(`saes/${sae.saeId} lives at ${sae.hookPoint}, which ${model.name} does not have`);
    if (!hookPoint.steerable)
      throw mismatch(
        `saes/${sae.saeId} lives at ${sae.hookPoint}, where ${model.name} cannot be edited`,
        'HOOK_POINT_NOT_STEERABLE',
      );
    if (hookPoint.dIn !== sae.d_in)
      throw mismatch(
        `saes/${sae.saeId} has d_in ${sae.d_in}, but ${sae.hookPoint} of ${model.name} has width ${hookPoint.dIn}`,
      );
  }
}

/** Refuses an SAE of other weights or another tokenizer than `held`, the lineage of the model that runs. */
export function requireSameModel(name: string, held: Lineage | undefined, { saeId, lineage }: SaeDirections) {
  if (lineage.modelSha256 === '') {
    if (lineage.modelId === '') throw unbound(saeId);
    const own = `models/${lineage.modelId}`;
    if (own === name) return;
    throw mismatch(`saes/${saeId} was made for ${own}, not for ${name}`);
  }
  for (const [field, what] of [
    ['modelSha256', 'weights'],
    ['tokenizerSha256', 'tokenizer'],
  ] as const) {
    if (lineage[field] === held?.[field] || lineage[field] === '') continue;
    throw mismatch(
      `saes/${saeId} was made for models/${lineage.modelId} with ${what} ${short(lineage[field])}, but ${name} has ` +
        `${what} ${short(held?.[field] ?? '')}; steer the model that the SAE was made for`,
    );
  }
}

/** Refuses spans that pass the context of the model. */
export function requireSpansInContext(
  { name, nCtx }: Model,
  { edits, fieldOf }: Pick<SteeringQuestion, 'edits' | 'fieldOf'>,
): void {
  edits.forEach(({ scope }, index) => {
    if (typeof scope === 'string' || scope.end <= nCtx) return;
    const field = `${fieldOf(index)}.span`;
    throw new FacetError(
      'invalid',
      `${field}: [${scope.start}, ${scope.end}) passes the context of ${nCtx} tokens of ${name}`,
      { field, reason: 'INVALID_EDIT' },
    );
  });
}

/** The hashes of model and tokenizer that ran, with those of the SAE where there is only one. */
export function steeringLineage(held: Lineage, saes: readonly SaeDirections[]): Lineage {
  const [{ lineage }, ...others] = saes as [SaeDirections, ...SaeDirections[]];
  if (others.length > 0) return held;
  const { modelId, modelSha256, tokenizerSha256 } = held;
  return { ...lineage, modelId, modelSha256, tokenizerSha256 };
}

function unbound(saeId: string): FacetError {
  const message = `saes/${saeId} was imported without a model; index it first (\`facet index\`): the activation set binds it to its model`;
  return mismatch(message, 'LINEAGE_INCOMPLETE');
}

function short(sha256: string): string {
  return sha256 === '' ? '(unknown)' : sha256.slice(0, 12);
}

function mismatch(message: string, reason = 'LINEAGE_MISMATCH'): FacetError {
  return new FacetError('precondition', message, { reason });
}
