/** The penalty P of l0, λ·l0 or λ(l0/target_l0 − 1)², and its derivative. */
export function penaltyOf(
  l0: number,
  { lambda, target_l0 }: { lambda: number; target_l0: number },
): { value: number; slope: number } {
  if (target_l0 === 0) return { value: lambda * l0, slope: lambda };
  const excess = l0 / target_l0 - 1;
  return { value: lambda * excess ** 2, slope: (2 * lambda * excess) / target_l0 };
}
