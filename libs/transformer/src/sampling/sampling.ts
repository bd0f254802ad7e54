import { FacetError } from '@facet/errors';

/** The hottest temperature that is accepted: beyond it the choice is uniform to five digits anyway. */
export const MAX_TEMPERATURE = 100;

export interface SamplingOptions {
  /** Divides the logits; 0 is greedy. @default 1 */
  temperature?: number | undefined;
  /** Keeps the k most likely tokens; 0 keeps all. @default 0 */
  topK?: number | undefined;
  /** Keeps the fewest most likely tokens whose probabilities sum to at least this. @default 1 */
  topP?: number | undefined;
}

export interface SampledToken {
  id: number;
  /** Natural log of the token's probability at temperature 1 among all tokens. */
  logprob: number;
}

/**
 * Draws a token from `logits` [d_vocab]: temperature, then top_k, then top_p, then one number of `random`.
 * Of equal logits the lowest id counts as the more likely; greedy choice draws no number. A logit of −∞
 * forbids a token.
 */
export function sampleToken(
  logits: Float32Array,
  { temperature = 1, topK = 0, topP = 1 }: SamplingOptions,
  random: () => number,
): SampledToken {
  requireSamplingOptions({ temperature, topK, topP });
  const best = argmax(logits);
  const id = temperature === 0 ? best : draw(logits, { temperature, topK, topP, best }, random);
  return { id, logprob: logits[id]! - logSumExp(logits, logits[best]!) };
}

/** Throws `invalid` naming the first option that is out of range. */
export function requireSamplingOptions({ temperature = 1, topK = 0, topP = 1 }: SamplingOptions): void {
  if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE))
    throw outOfRange('temperature', temperature, `0 (greedy) to ${MAX_TEMPERATURE}`);
  if (!Number.isSafeInteger(topK) || topK < 0) throw outOfRange('top_k', topK, 'whole numbers from 0 (all)');
  if (!(topP > 0 && topP <= 1)) throw outOfRange('top_p', topP, 'over 0 to 1');
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

interface Draw extends Required<{ [K in keyof SamplingOptions]: number }> {
  best: number;
}

/**
 * p_i = exp((logit_i − max) / temperature), not normalised; the kept tokens are walked in order of their ids.
 */
function draw(logits: Float32Array, { temperature, topK, topP, best }: Draw, random: () => number): number {
  const largest = logits[best]!;
  const weights = new Float64Array(logits.length);
  for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((logits[id]! - largest) / temperature);
  const selects = (topK > 0 && topK < weights.length) || topP < 1;
  const buckets = selects ? bucketsOf(logits, largest) : new Uint16Array(0);
  if (topK > 0 && topK < weights.length) keepFewest(weights, buckets, { target: topK, measure: () => 1 });
  if (topP < 1) keepFewest(weights, buckets, { target: topP * sum(weights), measure: (weight) => weight });
  let target = random() * sum(weights);
  let last = best;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id] === 0) continue;
    target -= weights[id]!;
    if (target < 0) return id;
    last = id;
  }
  // Rounding can leave a remainder of the last bit; it belongs to the last token that was kept.
  return last;
}

/** Buckets of equal width over the range of the logits: only the one in which a selection ends is sorted. */
const BUCKETS = 4096;

/** The bucket of each token, 0 for the largest logits. */
function bucketsOf(logits: Float32Array, largest: number): Uint16Array {
  let smallest = largest;
  for (const logit of logits) if (logit < smallest && logit > Number.NEGATIVE_INFINITY) smallest = logit;
  const scale = smallest < largest ? (BUCKETS - 1) / (largest - smallest) : 0;
  const buckets = new Uint16Array(logits.length);
  for (let id = 0; id < buckets.length; id++)
    buckets[id] = Math.min(BUCKETS - 1, Math.floor((largest - logits[id]!) * scale));
  return buckets;
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

function logSumExp(logits: Float32Array, largest: number): number {
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - largest);
  return largest + Math.log(total);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function outOfRange(field: string, value: number, range: string): FacetError {
  return new FacetError('invalid', `${field} ${value} is out of range; allowed are ${range}`, { field });
}

function notFinite(problem: string): FacetError {
  return new FacetError('invalid', `${problem}; an intervention of this strength makes the model overflow`, {
    reason: 'LOGITS_NOT_FINITE',
  });
}
