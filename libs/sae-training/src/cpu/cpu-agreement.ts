import type { CpuWorkspace } from './cpu-workspace.ts';

/**
 * Sums over the first `rows` rows how x̂ agrees with x in direction and length: both with b_dec added again, for
 * the batch is centred.
 */
export function agreementOf(
  { x, error, weights, width }: CpuWorkspace,
  rows: number,
): { cosine: number; norm_ratio: number } {
  const sums = { cosine: 0, norm_ratio: 0 };
  for (let row = 0; row < rows; row++) {
    let [xx, hh, xh] = [0, 0, 0];
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const value = x[at] + weights.b_dec[j];
      const reconstructed = value + error[at];
      xx += value * value;
      hh += reconstructed * reconstructed;
      xh += value * reconstructed;
    }
    if (xx === 0) continue;
    sums.norm_ratio += Math.sqrt(hh / xx);
    if (hh > 0) sums.cosine += xh / Math.sqrt(xx * hh);
  }
  return sums;
}
