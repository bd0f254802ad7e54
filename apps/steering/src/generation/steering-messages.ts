import type {
  GenerationStarted,
  ResolvedEdit as ResolvedEditMessage,
  SteeringStarted,
  SteeringSummary,
} from '@facet/contracts';
import { editMessage } from '../edits/edit-messages.ts';
import type { ResolvedEdit, SteeringPlan } from '../planning/plan-steering.ts';
import { steeringLineage } from '../planning/steered-model.ts';
import type { Effect } from './effect-tally.ts';

/** Writes what is going to be done. */
export function startedMessage(
  { seed, promptTokenTexts, lineage }: GenerationStarted,
  { model, edits, saes }: SteeringPlan,
): SteeringStarted {
  return {
    seed,
    model: model.name,
    promptTokenTexts,
    edits: edits.map(resolvedEditMessage),
    lineage: steeringLineage(lineage!, saes),
  };
}

/** Writes what was done in all. */
export function summaryMessage(effect: Effect, notice: string): SteeringSummary {
  const { positions, positionsEdited, meanDeltaNorm, meanXNorm, meanKl, unsteeredNll } = effect;
  return { positions, positionsEdited, meanDeltaNorm, meanXNorm, meanKl, unsteeredNll, notice };
}

function resolvedEditMessage({ edit, sae, direction, maximum, rule }: ResolvedEdit): ResolvedEditMessage {
  return {
    edit: editMessage(edit),
    hookPoint: sae.hookPoint,
    ...rule,
    maxActivation: maximum ?? 0,
    threshold: direction.threshold,
    thresholdForm: sae.thresholdForm,
  };
}
