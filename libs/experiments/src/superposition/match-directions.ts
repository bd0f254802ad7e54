/** Cosine above which a direction counts as recovered. */
export const RECOVERED_COSINE = 0.95;

/** How well the directions of a dictionary match the true ones. */
export interface DirectionMatch {
  /** Share of true directions whose best cosine is above 0.95. */
  recovered_share: number;
  /** Mean over true directions of the best cosine with any direction of the dictionary (MMCS). */
  mean_max_cosine: number;
  /** Best cosine of every true direction. */
  bestOfTruth: Float64Array;
  /** Best cosine of every direction of the dictionary with any true one. */
  bestOfDictionary: Float64Array;
}

/**
 * Matches the rows of `dictionary` [·, m] with those of `truth` [·, m] by signed cosine; a row of zeros has
 * cosine 0 with everything. Shares and means are NaN where there is no true direction.
 */
export function matchDirections(
  truth: ArrayLike<number>,
  dictionary: ArrayLike<number>,
  m: number,
): DirectionMatch {
  const bestOfTruth = new Float64Array(truth.length / m).fill(-1);
  const bestOfDictionary = new Float64Array(dictionary.length / m).fill(-1);
  const [truthNorms, norms] = [rowNorms(truth, m), rowNorms(dictionary, m)];
  for (let t = 0; t < bestOfTruth.length; t++) {
    for (let s = 0; s < bestOfDictionary.length; s++) {
      let dot = 0;
      for (let d = 0; d < m; d++) dot += truth[t * m + d] * dictionary[s * m + d];
      const scale = truthNorms[t] * norms[s];
      const cosine = scale > 0 ? dot / scale : 0;
      if (cosine > bestOfTruth[t]) bestOfTruth[t] = cosine;
      if (cosine > bestOfDictionary[s]) bestOfDictionary[s] = cosine;
    }
  }
  return {
    recovered_share: bestOfTruth.filter((cosine) => cosine > RECOVERED_COSINE).length / bestOfTruth.length,
    mean_max_cosine: bestOfTruth.reduce((sum, cosine) => sum + cosine, 0) / bestOfTruth.length,
    bestOfTruth,
    bestOfDictionary,
  };
}

function rowNorms(rows: ArrayLike<number>, m: number): Float64Array {
  const norms = new Float64Array(rows.length / m);
  for (let r = 0; r < norms.length; r++) {
    for (let d = 0; d < m; d++) norms[r] += rows[r * m + d] ** 2;
    norms[r] = Math.sqrt(norms[r]);
  }
  return norms;
}
