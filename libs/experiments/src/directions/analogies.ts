import { bestOf, centredRows, meanOfRows, products, rowNorms } from './geometry.ts';
import { allCandidates, type Relation, type VectorTable } from './relation.ts';

/** Right answers to questions, and what guessing would get. */
export interface AnalogyScore {
  /** Ordered pairs of pairs: n (n − 1). */
  readonly questions: number;
  readonly accuracy: number;
  /** 1 / candidates left after the three given things are excluded. */
  readonly chance: number;
}

/**
 * Asks a : b :: c : ? for every ordered pair of pairs, and answers by 3CosAdd (Mikolov et al. 2013): the candidate w, out of all names of
 * both sides and the distractors but a, b and c, with the largest cos(w, b) − cos(w, a) + cos(w, c), around the mean of all candidates.
 */
export function askAnalogies(table: VectorTable, relation: Relation): AnalogyScore {
  const { pairs } = relation;
  const candidates = allCandidates(relation);
  const cosine = cosines(table, candidates);
  const width = candidates.length;
  const columnOf = new Map(candidates.map((row, column) => [row, column]));
  const columns = pairs.map(({ from, to }) => [columnOf.get(from)!, columnOf.get(to)!] as const);
  const every = candidates.map((_, column) => column);
  let right = 0;
  for (const [a, b] of columns)
    for (const [c, expected] of columns) {
      if (a === c) continue;
      const answer = bestOf(every, (w) =>
        w === a || w === b || w === c
          ? Number.NEGATIVE_INFINITY
          : cosine[b * width + w] - cosine[a * width + w] + cosine[c * width + w],
      );
      if (answer === expected) right++;
    }
  const questions = pairs.length * (pairs.length - 1);
  return { questions, accuracy: right / questions, chance: 1 / (width - 3) };
}

/** Cosines of all candidates with each other around their mean [n, n]. */
function cosines(table: VectorTable, candidates: readonly number[]): Float64Array {
  const { d } = table;
  const centred = centredRows(table, candidates, meanOfRows(table, candidates));
  const norms = rowNorms(centred, d);
  return products(
    centred.map((value, i) => value / norms[Math.floor(i / d)]),
    centred.map((value, i) => value / norms[Math.floor(i / d)]),
    d,
  );
}
