import type { FeatureProof, InterventionProof, PositionProof } from '@facet/contracts';
import { answerTensors } from '@facet/mesh';
import type { PlannedIntervention } from '../planning/interventions.ts';

/** Splits inference's proof of `planned` at consecutive positions into one proof for each position. */
export function positionProofs(
  proof: InterventionProof,
  { columns, features: n, hookPoint }: PlannedIntervention,
): PositionProof[] {
  const p = proof.positions;
  const fBefore = answerTensors.floats(proof.fBefore, [p, n], `f_before at ${hookPoint}`);
  const fAfter = answerTensors.floats(proof.fAfter, [p, n], `f_after at ${hookPoint}`);
  const deltaNorm = answerTensors.floats(proof.deltaNorm, [p], `delta_norm at ${hookPoint}`);
  const xNorm = answerTensors.floats(proof.xNorm, [p], `x_norm at ${hookPoint}`);
  const edited = answerTensors.flags(proof.edited, [p], `edited at ${hookPoint}`);
  return Array.from({ length: p }, (_, t) => ({
    hookPoint,
    position: proof.firstPosition + t,
    features: columns.map(({ edit, column }): FeatureProof => {
      return { edit, fBefore: fBefore[t * n + column]!, fAfter: fAfter[t * n + column]! };
    }),
    deltaNorm: deltaNorm[t]!,
    xNorm: xNorm[t]!,
    edited: edited[t] === 1,
  }));
}
