/**
 * The weights of an SAE in training. W_enc is kept transposed, so that a feature's encoder and direction are
 * rows.
 */
export interface Weights {
  /** [d_sae, d_in]. */
  W_enc: Float32Array;
  /** [d_sae]. */
  b_enc: Float32Array;
  /** [d_sae, d_in]. */
  W_dec: Float32Array;
  /** [d_in]. */
  b_dec: Float32Array;
  /** Further parameters of the recipe, one number per feature. @default none */
  vectors?: Readonly<Record<string, Float32Array>>;
  /** What rows are multiplied by in training, not yet folded into the weights. @default 1 */
  input_scale?: number;
  /** batchtopk, matryoshka: moving average of the smallest activation selected. @default 0 */
  threshold?: number;
}

/** Returns `matrix` [rows, columns] transposed. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c];
  }
  return result;
}
