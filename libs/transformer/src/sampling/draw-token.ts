import { FacetError } from '@facet/errors';
import type { SamplingOptions } from './sampling-options.ts';

/** Work memory for drawing from one vocabulary: fresh memory for every token costs more than the arithmetic. */
export interface SamplingMemory {
  /** [d_vocab] each. */
  weights: Float64Array;
  buckets: Uint16Array;
  adjusted: Float32Array;
}

/** Reserves work memory for a vocabulary. */
export function createSamplingMemory(d_vocab: number): SamplingMemory {
  return {
    weights: new Float64Array(d_vocab),
    buckets: new Uint16Array(d_vocab),
    adjusted: new Float32Array(d_vocab),
  };
}

export interface Draw {
  options: SamplingOptions;
  random: () => number;
  memory: SamplingMemory;
}

/**
 * Draws a token from `logits` [d_vocab], of which `best` is the largest: temperature, then top_k, then top_p, then min_p, then one
 * number of `random`. Of equal logits the lowest id counts as the more likely; greedy choice draws no number. A logit of −∞
 * forbids a token.
 */
export function drawToken(logits: Float32Array, best: number, { options, random, memory }: Draw): number {
  const { temperature = 1 } = options;
  if (temperature === 0) return best;
  const { weights } = memory;
  const largest = logits[best]!;
  for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((logits[id]! - largest) / temperature);
  filter(logits, largest, { options, memory });
  return pick(weights, random() * sum(weights), best);
}

/**
 * Finds the largest logit, the lowest index among equals; throws `invalid` for NaN, +∞ and no finite logit at
 * all.
 */
export function argmax(logits: Float32Array): number {
  let best = -1;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i]!;
    if (!(logit < Number.POSITIVE_INFINITY)) throw notFinite(`logit ${i} is ${logit}`);
    if (logit > largest) {
      largest = logit;
      best = i;
    }
  }
  if (best < 0) throw notFinite('no token has a finite logit');
  return best;
}

/** Zeroes the weights p_i = exp((logit_i − max) / temperature), not normalised, of the tokens that are left out. */
function filter(
  logits: Float32Array,
  largest: number,
  { options, memory }: Pick<Draw, 'options' | 'memory'>,
): void {
  const { topK = 0, topP = 1, minP = 0 } = options;
  const { weights, buckets } = memory;
  const isCut = topK > 0 && topK < weights.length;
  if (isCut || topP < 1) fillBuckets(buckets, logits, largest);
  if (isCut) keepFewest(weights, buckets, { target: topK, measure: () => 1 });
  if (topP < 1) keepFewest(weights, buckets, { target: topP * sum(weights), measure: (weight) => weight });
  // The likeliest token weighs 1.
  if (minP > 0) for (let id = 0; id < weights.length; id++) if (weights[id]! < minP) weights[id] = 0;
}

/** Walks the kept tokens in order of their ids until their weights come to `target`. */
function pick(weights: Float64Array, target: number, best: number): number {
  let left = target;
  let last = best;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    left -= weights[id]!;
    if (left < 0) return id;
    last = id;
  }
  // Rounding can leave a remainder of the last bit; it belongs to the last token that was kept.
  return last;
}

/** Buckets of equal width over the range of the logits: only the one in which a selection ends is sorted. */
const BUCKETS = 4096;

/** Finds the bucket of each token, 0 for the largest logits. */
function fillBuckets(buckets: Uint16Array, logits: Float32Array, largest: number): void {
  let smallest = largest;
  for (const logit of logits) if (logit < smallest && logit > Number.NEGATIVE_INFINITY) smallest = logit;
  const scale = smallest < largest ? (BUCKETS - 1) / (largest - smallest) : 0;
  for (let id = 0; id < buckets.length; id++)
    buckets[id] = Math.min(BUCKETS - 1, Math.floor((largest - logits[id]!) * scale));
}

interface Selection {
  /** What the kept tokens must come to. */
  target: number;
  /** What one of them counts. */
  measure: (weight: number) => number;
}

/** Zeroes all but the fewest largest weights, lower ids first among equals, that come to a target. */
function keepFewest(weights: Float64Array, buckets: Uint16Array, { target, measure }: Selection): void {
  const totals = new Float64Array(BUCKETS);
  for (let id = 0; id < weights.length; id++)
    if (weights[id]! > 0) totals[buckets[id]!]! += measure(weights[id]!);
  let [edge, reached] = [0, 0];
  while (edge < BUCKETS && reached + totals[edge]! < target) reached += totals[edge++]!;
  const kept = new Set<number>();
  for (const id of sortedBucket(weights, buckets, edge)) {
    if (reached >= target) break;
    kept.add(id);
    reached += measure(weights[id]!);
  }
  for (let id = 0; id < weights.length; id++)
    if (buckets[id]! > edge || (buckets[id] === edge && !kept.has(id))) weights[id] = 0;
}

/** The tokens of one bucket, the likeliest first. */
function sortedBucket(weights: Float64Array, buckets: Uint16Array, bucket: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < weights.length; id++) if (buckets[id] === bucket && weights[id]! > 0) ids.push(id);
  return ids.sort((a, b) => weights[b]! - weights[a]! || a - b);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function notFinite(problem: string): FacetError {
  return new FacetError('invalid', `${problem}; an intervention of this strength makes the model overflow`, {
    reason: 'LOGITS_NOT_FINITE',
  });
}
