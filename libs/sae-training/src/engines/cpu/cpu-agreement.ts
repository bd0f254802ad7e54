import type { CpuWorkspace } from './cpu-workspace.ts';

/**
 * Sums over the first `rows` rows how x̂ agrees with x in direction and length: both with b_dec added again where
 * the batch is centred.
 */
export function agreementOf(
  { x, errors: [error], weights, zeros, width }: CpuWorkspace,
  rows: number,
  centred: boolean,
): { cosine: number; norm_ratio: number } {
  const center = centred ? weights.b_dec : zeros;
  const sums = { cosine: 0, norm_ratio: 0 };
  for (let row = 0; row < rows; row++) {
    let [xx, hh, xh] = [0, 0, 0];
    for (let j = 0, at = row * width; j < width; j++, at++) {
      const value = x[at] + center[j];
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
