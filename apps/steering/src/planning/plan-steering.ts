import type { Model } from '@facet/contracts';
import type { Logger } from '@facet/mesh';
import { type AffineRule, affineRule } from '../edits/edit-strength.ts';
import type { FeatureEdit } from '../edits/feature-edit.ts';
import type { Peers } from '../peers.ts';
import { fetchMaxima } from './feature-maxima.ts';
import { requirePinned } from './pinned-saes.ts';
import { type FeatureDirection, fetchDirections, type SaeDirections } from './sae-directions.ts';
import { modelNameOf, requireMatchingSaes, requireSpansInContext } from './steered-model.ts';
import type { SteeringQuestion } from './steering-question.ts';

/** An edit with everything looked up. */
export interface ResolvedEdit {
  edit: FeatureEdit;
  sae: SaeDirections;
  direction: FeatureDirection;
  /** Largest activation in the index; undefined where it was not used or is not known. */
  maximum: number | undefined;
  rule: AffineRule;
}

/** What is going to be done to which model. */
export interface SteeringPlan {
  model: Model;
  /** In the order of the request. */
  edits: readonly ResolvedEdit[];
  /** Every SAE once, in the order in which the edits name them. */
  saes: readonly SaeDirections[];
}

export interface PlanningContext {
  peers: Peers;
  logger: Logger;
  signal: AbortSignal;
}

/** Looks up directions, maxima and the model, and refuses what does not fit together. */
export async function planSteering(
  { edits, model: asked, fieldOf, pin }: SteeringQuestion,
  { peers, logger, signal }: PlanningContext,
): Promise<SteeringPlan> {
  const saes = await Promise.all(
    [...featuresBySae(edits)].map(([saeId, indices]) =>
      fetchDirections(peers.saes, { saeId, indices: [...indices] }, signal),
    ),
  );
  await requirePinned(pin, saes, { saes: peers.saes, signal });
  const [maxima, { model }] = await Promise.all([
    fetchMaxima({ edits, fieldOf }, { features: peers.features, saes, logger, signal }),
    peers.inference.getModel({ name: modelNameOf(asked, saes) }, { signal }),
  ]);
  requireMatchingSaes(model!, saes);
  requireSpansInContext(model!, { edits, fieldOf });
  const resolved = edits.map((edit, index): ResolvedEdit => {
    const sae = saes.find(({ saeId }) => saeId === edit.feature.saeId)!;
    const direction = sae.features.get(edit.feature.index)!;
    const maximum = maxima[index];
    return { edit, sae, direction, maximum, rule: affineRule(edit, maximum, fieldOf(index)) };
  });
  return { model: model!, edits: resolved, saes };
}

/** Every feature that is edited or decides, by SAE. */
function featuresBySae(edits: readonly FeatureEdit[]): Map<string, Set<number>> {
  const bySae = new Map<string, Set<number>>();
  for (const { feature, condition } of edits) {
    const indices = bySae.get(feature.saeId) ?? new Set();
    bySae.set(feature.saeId, indices.add(feature.index));
    if (condition !== undefined) indices.add(condition.index);
  }
  return bySae;
}
