/** How weights are made whole numbers. */
export interface Quantization {
  bits: 4 | 8;
  /** Inputs of one output that share a scale and a zero. */
  blockSize: 32 | 64 | 128;
}

/** A matrix in whole numbers, n blocks in a row: w = scale · (q − zero). */
export interface QuantizedRows {
  /** q in [0, 2^bits), one in each byte [rows, n, blockSize]; a row is filled up with the zero of its last block. */
  values: Uint8Array;
  /** [rows, n] */
  scales: Float32Array;
  /** [rows, n] */
  zeros: Uint8Array;
}

/**
 * Rounds `w` [rows, width] to 2^bits levels for every block of a row: from the smallest of the block to the largest, 0 always
 * among them. scale = (max − min) / (2^bits − 1), zero = round(−min / scale), q = round(w / scale) + zero.
 */
export function quantizeRows(
  w: Float32Array,
  width: number,
  { bits, blockSize }: Quantization,
): QuantizedRows {
  const rows = w.length / width;
  const blocks = Math.ceil(width / blockSize);
  const values = new Uint8Array(rows * blocks * blockSize);
  const scales = new Float32Array(rows * blocks);
  const zeros = new Uint8Array(rows * blocks);
  const top = 2 ** bits - 1;
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const at = row * blocks + block;
      const from = row * width + block * blockSize;
      const to = Math.min(from + blockSize, (row + 1) * width);
      const { low, high } = rangeOf(w, from, to);
      const scale = Math.fround(high / top - low / top);
      const zero = scale === 0 ? 0 : Math.min(top, Math.round(-low / scale));
      scales[at] = scale;
      zeros[at] = zero;
      const first = at * blockSize;
      values.fill(zero, first, first + blockSize);
      if (scale === 0) continue;
      for (let i = from; i < to; i++)
        values[first + i - from] = Math.max(0, Math.min(top, Math.round(w[i]! / scale) + zero));
    }
  return { values, scales, zeros };
}

/** The smallest and the largest of w[from, to) and 0. */
function rangeOf(w: Float32Array, from: number, to: number): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let i = from; i < to; i++) {
    const value = w[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  return { low, high };
}

/** Packs numbers below 16 two into a byte, the first into the lower half; every row of `width` begins a byte. */
export function packHalves(numbers: Uint8Array, width: number): Uint8Array {
  const bytes = Math.ceil(width / 2);
  const rows = numbers.length / width;
  const packed = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++)
      packed[row * bytes + (i >> 1)]! |= numbers[row * width + i]! << (4 * (i & 1));
  return packed;
}

/** Writes rows of bytes as two matrices of halves that add up to it: 16 · scale · (q₁ − zero₁) + scale · (q₀ − zero₀). */
export function splitBytes({ values, scales, zeros }: QuantizedRows): {
  upper: QuantizedRows;
  lower: QuantizedRows;
} {
  const upper = (bytes: Uint8Array) => bytes.map((byte) => byte >> 4);
  const lower = (bytes: Uint8Array) => bytes.map((byte) => byte & 15);
  return {
    upper: { values: upper(values), scales: scales.map((scale) => 16 * scale), zeros: upper(zeros) },
    lower: { values: lower(values), scales, zeros: lower(zeros) },
  };
}
