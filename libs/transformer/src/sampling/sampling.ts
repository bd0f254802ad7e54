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
  if (topK > 0 && topK < weights.length) keepMostLikely(weights, topK);
  if (topP < 1) keepNucleus(weights, topP);
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

/** Zeroes all but the `k` largest weights, lower ids first among equals. */
function keepMostLikely(weights: Float64Array, k: number): void {
  const smallestKept = Float64Array.from(weights).sort()[weights.length - k]!;
  let room = k;
  for (const weight of weights) if (weight > smallestKept) room--;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id]! > smallestKept) continue;
    if (weights[id] === smallestKept && room > 0) room--;
    else weights[id] = 0;
  }
}

/**
 * Zeroes all but the fewest largest weights that make up `share` of the sum, lower ids first among equals.
 */
function keepNucleus(weights: Float64Array, share: number): void {
  const total = sum(weights);
  // Tokens below this average of the excluded share lie outside the nucleus together: they need no sorting.
  const negligible = ((1 - share) * total) / weights.length;
  const candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! >= negligible) candidates.push(id);
  candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
  const kept = new Map<number, number>();
  let reached = 0;
  for (const id of candidates) {
    kept.set(id, weights[id]!);
    reached += weights[id]!;
    if (reached >= share * total) break;
  }
  weights.fill(0);
  for (const [id, weight] of kept) weights[id] = weight;
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
