import type { FeatureProof, InterventionProof, PositionProof, Tensor } from '@facet/contracts';
import { DataType } from '@facet/contracts';
import type { PlannedIntervention } from './interventions.ts';
import { floatsOf } from './sae-directions.ts';

/** Splits inference's proof of `planned` at consecutive positions into one proof for each position. */
export function positionProofs(
  proof: InterventionProof,
  { columns, features: n, hookPoint }: PlannedIntervention,
): PositionProof[] {
  const p = proof.positions;
  const fBefore = floatsOf(proof.fBefore, [p, n], `f_before at ${hookPoint}`);
  const fAfter = floatsOf(proof.fAfter, [p, n], `f_after at ${hookPoint}`);
  const deltaNorm = floatsOf(proof.deltaNorm, [p], `delta_norm at ${hookPoint}`);
  const xNorm = floatsOf(proof.xNorm, [p], `x_norm at ${hookPoint}`);
  const edited = flagsOf(proof.edited, p, `edited at ${hookPoint}`);
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

function flagsOf(tensor: Tensor | undefined, length: number, what: string): Uint8Array {
  if (tensor?.dtype === DataType.U8 && tensor.data.byteLength === length) return tensor.data;
  throw new Error(`${what} is not U8 [${length}]`);
}
