import type { ConceptTruth, Detection } from './concept-truth.ts';
import { bestDetection } from './detect.ts';
import { meanDifference } from './select.ts';

/** A direction of the residual stream as a detector: it fires where x · w is above its threshold. */
export interface DirectionDetector {
  /** w [d_in]. */
  readonly weights: Float64Array;
  readonly chosen: Detection;
}

/**
 * Makes the concept's difference of means a detector, the stronger of two on these rows: w = μ₊ − μ₋, and w with every coordinate
 * divided by its variance. μ₊ is the mean of the concept's rows, μ₋ of all others.
 */
export function selectDirection(
  activations: Float32Array,
  d_in: number,
  truth: ConceptTruth,
): DirectionDetector {
  const { difference, deviation } = meanDifference(activations, d_in, truth);
  const scaled = difference.map((value, i) => value / Math.max(1e-12, deviation[i] ** 2));
  const [plain, divided] = [difference, scaled].map((weights) => ({
    weights,
    chosen: bestDetection(project(activations, weights), truth, Number.NEGATIVE_INFINITY),
  }));
  return divided.chosen.f1 > plain.chosen.f1 ? divided : plain;
}

/** x · w of every row of `activations` [n, d_in]. */
export function project(activations: Float32Array, weights: Float64Array): Float32Array {
  const d_in = weights.length;
  const scores = new Float32Array(activations.length / d_in);
  for (let row = 0, at = 0; row < scores.length; row++) {
    let sum = 0;
    for (let i = 0; i < d_in; i++, at++) sum += activations[at] * weights[i];
    scores[row] = sum;
  }
  return scores;
}
