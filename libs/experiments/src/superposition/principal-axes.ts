/** Sweeps over all pairs of axes after which the rotation is exact to rounding (matrices of up to some hundred axes). */
const MAX_SWEEPS = 30;
/** Off-diagonal share of the squared norm that counts as zero. */
const TOLERANCE = 1e-22;

/** The principal axes of `rows` [·, m], as unit rows [m, m] in the order of falling variance. */
export function principalAxes(rows: ArrayLike<number>, m: number): Float64Array {
  const covariance = covarianceOf(rows, m);
  const axes = Float64Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonalShare(covariance, m) > TOLERANCE; sweep++) {
    for (let p = 0; p < m; p++) for (let q = p + 1; q < m; q++) rotate(covariance, axes, m, [p, q]);
  }
  const order = Array.from({ length: m }, (_, i) => i).sort(
    (a, b) => covariance[b * (m + 1)] - covariance[a * (m + 1)],
  );
  return Float64Array.from(order.flatMap((axis) => [...axes.subarray(axis * m, (axis + 1) * m)]));
}

function covarianceOf(rows: ArrayLike<number>, m: number): Float64Array {
  const count = rows.length / m;
  const mean = new Float64Array(m);
  for (let e = 0; e < rows.length; e++) mean[e % m] += rows[e] / count;
  const covariance = new Float64Array(m * m);
  for (let r = 0; r < count; r++) {
    for (let p = 0; p < m; p++) {
      const centred = rows[r * m + p] - mean[p];
      for (let q = 0; q < m; q++) covariance[p * m + q] += (centred * (rows[r * m + q] - mean[q])) / count;
    }
  }
  return covariance;
}

function offDiagonalShare(matrix: Float64Array, m: number): number {
  let off = 0;
  let all = 0;
  for (let e = 0; e < matrix.length; e++) {
    all += matrix[e] ** 2;
    if (e % (m + 1) !== 0) off += matrix[e] ** 2;
  }
  return all > 0 ? off / all : 0;
}

/** One Jacobi rotation: makes entry (p, q) of the symmetric `matrix` 0 and turns the rows of `axes` with it. */
function rotate(
  matrix: Float64Array,
  axes: Float64Array,
  m: number,
  [p, q]: readonly [number, number],
): void {
  const off = matrix[p * m + q];
  if (off === 0) return;
  const theta = (matrix[q * m + q] - matrix[p * m + p]) / (2 * off);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (array: Float64Array, a: number, b: number) => {
    const [left, right] = [array[a], array[b]];
    array[a] = cosine * left - sine * right;
    array[b] = sine * left + cosine * right;
  };
  for (let r = 0; r < m; r++) turn(matrix, r * m + p, r * m + q);
  for (let r = 0; r < m; r++) turn(matrix, p * m + r, q * m + r);
  for (let r = 0; r < m; r++) turn(axes, p * m + r, q * m + r);
}
