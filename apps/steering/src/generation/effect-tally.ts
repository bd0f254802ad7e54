import type { PositionProof } from '@facet/contracts';

/** What a steered text's proofs and tokens say in all. */
export interface Effect {
  /** Positions that were run. */
  positions: number;
  /** Positions at which an edit applied, whether or not it moved the vector. */
  positionsReached: number;
  /** Positions at which an edit applied and moved the vector. */
  positionsEdited: number;
  /** Means of ‖x' − x‖, ‖x‖ and ‖x' − x‖ / ‖x‖ over the vectors that were moved: one for each hook point of such a position. */
  meanDeltaNorm: number;
  meanXNorm: number;
  meanRelativeDelta: number;
  /** Means over the generated tokens; undefined without comparison. */
  meanKl: number | undefined;
  unsteeredNll: number | undefined;
}

/** The comparison of one generated token with the unedited model. */
export interface TokenComparison {
  kl?: number | undefined;
  uneditedLogprob?: number | undefined;
}

/** Adds up what happens to one steered text. */
export interface EffectTally {
  addProof(proof: PositionProof): void;
  addToken(token: TokenComparison): void;
  effect(): Effect;
}

/** Starts an empty tally. */
export function createEffectTally(): EffectTally {
  const run = new Set<number>();
  const reached = new Set<number>();
  const moved = new Set<number>();
  const deltaNorm = createMean();
  const xNorm = createMean();
  const relativeDelta = createMean();
  const kl = createMean();
  const nll = createMean();
  return {
    addProof(proof) {
      run.add(proof.position);
      if (!proof.edited) return;
      reached.add(proof.position);
      if (proof.deltaNorm === 0) return;
      moved.add(proof.position);
      deltaNorm.add(proof.deltaNorm);
      xNorm.add(proof.xNorm);
      // A vector of zeros that moves has no relative size.
      if (proof.xNorm > 0) relativeDelta.add(proof.deltaNorm / proof.xNorm);
    },
    addToken(token) {
      if (token.kl !== undefined) kl.add(token.kl);
      if (token.uneditedLogprob !== undefined) nll.add(-token.uneditedLogprob);
    },
    effect: () => ({
      positions: run.size,
      positionsReached: reached.size,
      positionsEdited: moved.size,
      meanDeltaNorm: deltaNorm.value() ?? 0,
      meanXNorm: xNorm.value() ?? 0,
      meanRelativeDelta: relativeDelta.value() ?? 0,
      meanKl: kl.value(),
      unsteeredNll: nll.value(),
    }),
  };
}

/** Says why a text is no other than the default one; empty where a vector was moved. */
export function noticeOf({ positions, positionsReached, positionsEdited }: Effect): string {
  if (positionsEdited > 0) return '';
  if (positionsReached === 0)
    return (
      `nothing was edited: no edit applied at any of the ${positions} positions; scope, condition or the exclusion ` +
      'of special tokens left none'
    );
  return `nothing changed: the edits applied at ${positionsReached} of ${positions} positions and moved no vector`;
}

function createMean() {
  let sum = 0;
  let count = 0;
  return {
    add(value: number) {
      sum += value;
      count++;
    },
    value: () => (count === 0 ? undefined : sum / count),
  };
}
