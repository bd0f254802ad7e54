/** Next-token distributions given by logits [V], in natural logarithms and double precision. */

/** Computes log Σ exp(logit): what is subtracted from a logit to get a log-probability; `largest` is the largest logit. */
export function logNormalizer(logits: Float32Array, largest: number = largestOf(logits)): number {
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - largest);
  return largest + Math.log(total);
}

/**
 * Computes KL(p ‖ q) = Σ p (log p − log q) in nats; exactly 0 for equal logits, never below 0. The normalizers are those of
 * `logNormalizer`.
 */
export function klDivergence(
  p: Float32Array,
  q: Float32Array,
  normalizers: { p: number; q: number } = { p: logNormalizer(p), q: logNormalizer(q) },
): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = p[i]! - normalizers.p;
    const probability = Math.exp(logP);
    // What p never gives counts nothing, whatever q says.
    if (probability > 0) total += probability * (logP - (q[i]! - normalizers.q));
  }
  return Math.max(0, total);
}

function largestOf(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > largest) largest = logits[i]!;
  return largest;
}
