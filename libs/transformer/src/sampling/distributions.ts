/** Next-token distributions given by logits [V], in natural logarithms and double precision. */

/** Computes log Σ exp(logit): what is subtracted from a logit to get a log-probability. */
export function logNormalizer(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > largest) largest = logits[i]!;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - largest);
  return largest + Math.log(total);
}

/** Computes KL(p ‖ q) = Σ p (log p − log q) in nats; exactly 0 for equal logits, never below 0. */
export function klDivergence(p: Float32Array, q: Float32Array): number {
  const pNormalizer = logNormalizer(p);
  const qNormalizer = logNormalizer(q);
  let total = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = p[i]! - pNormalizer;
    total += Math.exp(logP) * (logP - (q[i]! - qNormalizer));
  }
  return Math.max(0, total);
}
