import type { Random } from '@facet/random';
import { matchDirections } from './match-directions.ts';
import { principalAxes } from './principal-axes.ts';

/** What finds the true directions without an SAE, measured as the SAE is. */
export interface Controls {
  /** As many random directions as the SAE has features. */
  random: ControlScore;
  /** The principal axes of the hidden layer, in both signs. */
  principal_axes: ControlScore;
  /** As many rows of the hidden layer as the SAE has features: where rows have one active feature, they are its direction. */
  rows: ControlScore;
}

export interface ControlScore {
  recovered_share: number;
  mean_max_cosine: number;
}

/** Rows that the principal axes are taken of. */
const AXES_ROWS = 20_000;

/** Measures the three controls on the hidden rows that the SAE is trained on. */
export function measureControls(options: {
  truth: Float64Array;
  rows: Float32Array;
  m: number;
  d_sae: number;
  random: Random;
}): Controls {
  const { truth, rows, m, d_sae, random } = options;
  const axes = principalAxes(rows.subarray(0, AXES_ROWS * m), m);
  const bothSigns = Float64Array.from([...axes, ...axes.map((value) => -value)]);
  const directions = Float64Array.from({ length: d_sae * m }, () => random.gaussian());
  const score = (dictionary: ArrayLike<number>): ControlScore => {
    const { recovered_share, mean_max_cosine } = matchDirections(truth, dictionary, m);
    return { recovered_share, mean_max_cosine };
  };
  return {
    random: score(directions),
    principal_axes: score(bothSigns),
    rows: score(firstActiveRows(rows, m, d_sae)),
  };
}

/** The first `count` rows that are not all 0. */
function firstActiveRows(rows: Float32Array, m: number, count: number): Float32Array {
  const found = new Float32Array(count * m);
  let filled = 0;
  for (let start = 0; start < rows.length && filled < found.length; start += m) {
    const row = rows.subarray(start, start + m);
    if (row.every((value) => value === 0)) continue;
    found.set(row, filled);
    filled += m;
  }
  return found.subarray(0, filled);
}
