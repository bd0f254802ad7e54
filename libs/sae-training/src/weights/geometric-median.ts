/** Iterations after which the median is taken as it is. */
const MAX_ITERATIONS = 100;
/** The median has settled when it moves less than this, relative to the mean distance of the rows. */
const TOLERANCE = 1e-5;

/**
 * Returns the point [d_in] with the least mean distance to the rows of `x` [rows, d_in] (Weiszfeld's
 * iteration, f64).
 */
export function geometricMedian(x: Float32Array, rows: number, d_in: number): Float32Array {
  let median = weightedMean(x, new Float64Array(rows).fill(1), d_in);
  const weights = new Float64Array(rows);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    let meanDistance = 0;
    for (let r = 0; r < rows; r++) {
      let squared = 0;
      for (let j = 0; j < d_in; j++) squared += (x[r * d_in + j] - median[j]) ** 2;
      const distance = Math.sqrt(squared);
      meanDistance += distance / rows;
      weights[r] = 1 / Math.max(distance, 1e-8);
    }
    const next = weightedMean(x, weights, d_in);
    const moved = Math.hypot(...next.map((value, j) => value - median[j]));
    median = next;
    if (moved <= TOLERANCE * meanDistance) break;
  }
  return Float32Array.from(median);
}

/** Returns the mean [d_in] of the first rows of `x` [rows, d_in], summed in f64. */
export function meanRow(x: Float32Array, rows: number, d_in: number): Float32Array {
  return Float32Array.from(weightedMean(x, new Float64Array(rows).fill(1), d_in));
}

function weightedMean(x: Float32Array, weights: Float64Array, d_in: number): Float64Array {
  const mean = new Float64Array(d_in);
  let total = 0;
  for (let r = 0; r < weights.length; r++) {
    total += weights[r];
    for (let j = 0; j < d_in; j++) mean[j] += weights[r] * x[r * d_in + j];
  }
  return mean.map((value) => value / total);
}
