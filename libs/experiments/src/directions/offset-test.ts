import { bestOf, centredRows, meanOfRows, products, rowNorms } from './geometry.ts';
import { allCandidates, type Relation, type VectorTable } from './relation.ts';

/** Which `to` belongs to which `from`: `order[i]` is the pair whose `to` is taken for the `to` of pair i. */
export type Pairing = ArrayLike<number>;

/** The leave-one-out test of one relation in one vector table. */
export interface OffsetTest {
  /** Share of the pairs whose `to` is the nearest of all `to`s to the prediction, when pairs are formed as `pairing` says. */
  accuracy(pairing: Pairing): number;
  /** The same among the `to`s of the pair's own group only. */
  groupAccuracy(): number;
  /** The same among all candidates but the pair's own `from`. */
  openAccuracy(): number;
}

/**
 * Prepares the leave-one-out test. For pair i the prediction is x_i + mean over j ≠ i of (y_j − x_j); the answer is the candidate c
 * with the largest cosine between prediction − m and c − m, m the mean of the `to`s. With S = Σ(y − x) that is the largest of
 * (x_i·c + (S·c − y_i·c + x_i·c) / (n − 1)) / ‖c‖ (all centred), so any pairing costs n × candidates once the products are there.
 */
export function prepareOffsetTest(table: VectorTable, relation: Relation): OffsetTest {
  const { pairs } = relation;
  const { d } = table;
  const n = pairs.length;
  const candidates = allCandidates(relation);
  const centre = meanOfRows(
    table,
    pairs.map(({ to }) => to),
  );
  const x = centredRows(
    table,
    pairs.map(({ from }) => from),
    centre,
  );
  const c = centredRows(table, candidates, centre);
  const norms = rowNorms(c, d);
  const fromProducts = products(x, c, d);
  const toProducts = products(c.subarray(0, n * d), c, d);
  const total = columnSums(toProducts, n).map((sum, column) => sum - columnSum(fromProducts, n, column));
  const width = candidates.length;
  const answer = (i: number, to: number, among: ArrayLike<number>) =>
    bestOf(among, (column) => {
      const own = fromProducts[i * width + column];
      const others = (total[column] - toProducts[to * width + column] + own) / (n - 1);
      return (own + others) / norms[column];
    });
  const targets = Array.from({ length: n }, (_, i) => i);
  const every = candidates.map((_, column) => column);
  const share = (isRight: (i: number) => boolean) => targets.filter(isRight).length / n;
  return {
    accuracy: (pairing) => share((i) => answer(i, pairing[i], targets) === pairing[i]),
    groupAccuracy: () =>
      share(
        (i) =>
          answer(
            i,
            i,
            targets.filter((j) => pairs[j].group === pairs[i].group),
          ) === i,
      ),
    openAccuracy: () =>
      share(
        (i) =>
          answer(
            i,
            i,
            every.filter((column) => candidates[column] !== pairs[i].from),
          ) === i,
      ),
  };
}

/**
 * Shares of the pairs whose `to` is the nearest to x_i itself, without any offset: among all `to`s, and among all candidates but x_i.
 * Cosines are those around the mean of both sides: the best that a search knowing nothing of the relation's direction can do.
 */
export function nearestAccuracy(table: VectorTable, relation: Relation): { among: number; open: number } {
  const { d } = table;
  const { pairs } = relation;
  const candidates = allCandidates(relation);
  const from = pairs.map((pair) => pair.from);
  const centre = meanOfRows(table, [...from, ...pairs.map(({ to }) => to)]);
  const c = centredRows(table, candidates, centre);
  const norms = rowNorms(c, d);
  const similarity = products(centredRows(table, from, centre), c, d);
  const nearest = (i: number, columns: readonly number[]) =>
    bestOf(columns, (column) => similarity[i * candidates.length + column] / norms[column]);
  const targets = pairs.map((_, i) => i);
  const every = candidates.map((_, column) => column);
  const share = (isRight: (i: number) => boolean) => targets.filter(isRight).length / pairs.length;
  return {
    among: share((i) => nearest(i, targets) === i),
    open: share(
      (i) =>
        nearest(
          i,
          every.filter((column) => candidates[column] !== from[i]),
        ) === i,
    ),
  };
}

function columnSums(matrix: Float64Array, rows: number): Float64Array {
  const columns = matrix.length / rows;
  return Float64Array.from({ length: columns }, (_, column) => columnSum(matrix, rows, column));
}

function columnSum(matrix: Float64Array, rows: number, column: number): number {
  const columns = matrix.length / rows;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += matrix[row * columns + column];
  return sum;
}
