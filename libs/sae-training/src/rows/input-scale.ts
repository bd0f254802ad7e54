/**
 * What rows are multiplied by, one number for all: 1; √d_in / mean‖x‖ (SAELens's name for it); or
 * 1 / √(mean ‖x‖²), so that rows have unit mean square (Gemma Scope).
 */
export const INPUT_SCALES = ['none', 'expected_average_only_in', 'unit_mean_square'] as const;
export type InputScale = (typeof INPUT_SCALES)[number];

/** Estimates the scale on the first batch `x` [rows, d_in]; 1 where all its rows are zero. */
export function estimateInputScale(
  { input_scale, d_in }: { input_scale: InputScale; d_in: number },
  x: Float32Array,
): number {
  if (input_scale === 'none') return 1;
  const rows = x.length / d_in;
  let norms = 0;
  let squares = 0;
  for (let r = 0; r < rows; r++) {
    let squared = 0;
    for (let at = r * d_in; at < (r + 1) * d_in; at++) squared += x[at] * x[at];
    norms += Math.sqrt(squared) / rows;
    squares += squared / rows;
  }
  if (!(squares > 0)) return 1;
  const scale = input_scale === 'unit_mean_square' ? 1 / Math.sqrt(squares) : Math.sqrt(d_in) / norms;
  // Engines multiply in f32: what is folded into the weights must be the same number.
  return Math.fround(scale);
}
