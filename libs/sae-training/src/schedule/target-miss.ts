/** Share of the target by which l0 may miss it before that is said. */
const TOLERATED_MISS = 0.2;

/**
 * Warns where `l0` on held-out rows misses `target_l0`, the features of a row that were asked for, by more than a fifth;
 * nothing where none were asked for (0) or nothing was measured (NaN).
 */
export function targetWarnings({ l0, target_l0 }: { l0: number; target_l0: number }): string[] {
  const miss = l0 / target_l0 - 1;
  if (!(target_l0 > 0) || !(Math.abs(miss) > TOLERATED_MISS)) return [];
  const percent = Math.round(100 * Math.abs(miss));
  const remedy =
    miss > 0
      ? 'train on more tokens, or raise learning_rate or (jumprelu) lambda'
      : 'train on more tokens, or lower learning_rate';
  return [
    `held-out l0 ${l0.toPrecision(3)} is ${percent} % ${miss > 0 ? 'above' : 'below'} the ${target_l0} asked for; ${remedy}`,
  ];
}
