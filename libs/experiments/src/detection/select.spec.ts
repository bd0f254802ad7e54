import { createRandom } from '@facet/random';
import type { SparseActivations } from '@facet/sae';
import type { ConceptTruth } from './concept-truth.ts';
import { bestDetection } from './detect.ts';
import { project, selectDirection } from './direction.ts';
import { groupByFeature, meanDifference, selectColumns, selectFeatures } from './select.ts';

/** Row 0 is BOS; rows 1 and 2 name the concept, row 4 paraphrases it. */
const TRUTH: ConceptTruth = {
  isTrue: Uint8Array.of(0, 1, 1, 0, 1, 0),
  isCounted: Uint8Array.of(0, 1, 1, 1, 1, 1),
  mentions: [
    { first: 1, last: 2, groups: ['name'] },
    { first: 4, last: 4, groups: ['paraphrase'] },
  ],
};

/** Events by row; feature 0 fires on BOS and the name only, 1 on everything, 2 on both mentions and weakly on row 3. */
const ACTS: SparseActivations = {
  rows: 6,
  offsets: Uint32Array.of(0, 2, 5, 6, 8, 10, 11),
  indices: Uint32Array.of(0, 1, 0, 1, 2, 1, 1, 2, 1, 2, 1),
  values: Float32Array.of(9, 1, 5, 1, 4, 1, 1, 0.5, 1, 3, 1),
};

describe('selectFeatures', () => {
  test('chooses the feature that hits every mention, with the threshold that leaves the weak wrong row out', () => {
    const [{ index, chosen }] = selectFeatures(ACTS, 3, [TRUTH]);
    expect(index).toBe(2);
    expect(chosen).toMatchObject({ fired: 2, precision: 1, recall: 1, f1: 1 });
    expect(chosen.threshold).toBeGreaterThanOrEqual(0.5);
    expect(chosen.threshold).toBeLessThan(3);
  });

  test('finds the best of many features, as trying every one of them does', () => {
    const [rows, d_sae] = [400, 24];
    const random = createRandom(4n);
    const dense = Array.from({ length: rows }, () =>
      Float32Array.from({ length: d_sae }, () => (random.uniform() < 0.2 ? random.uniform() : 0)),
    );
    const isTrue = Uint8Array.from({ length: rows }, (_, row) => (dense[row][7] > 0.4 ? 1 : 0));
    const mentions = [...isTrue].flatMap((flag, row) =>
      flag === 1 ? [{ first: row, last: row, groups: [] }] : [],
    );
    const truth = { isTrue, isCounted: new Uint8Array(rows).fill(1), mentions };
    const f1 = Array.from(
      { length: d_sae },
      (_, feature) =>
        bestDetection(
          Float32Array.from(dense, (row) => row[feature]),
          truth,
        ).f1,
    );
    const [{ index, chosen }] = selectFeatures(toSparse(dense), d_sae, [truth]);
    expect(index).toBe(7);
    expect(chosen.f1).toBeCloseTo(Math.max(...f1), 12);
  });
});

describe('groupByFeature', () => {
  test('writes one feature over all rows and takes it away again', () => {
    const values = new Float32Array(6);
    const columns = groupByFeature(ACTS, 3);
    columns.scatter(2, values);
    expect([...values]).toEqual([0, 4, 0, 0.5, 3, 0]);
    columns.clear(2, values);
    expect([...values]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

/** Two columns [6, 2]: the first is low on the concept, the second says nothing of it. */
const DENSE = Float32Array.of(50, 1, -2, 1, -3, 2, 1, 2, -2, 2, 2, 1);

describe('selectColumns', () => {
  test('turns a column round that is low where the concept is', () => {
    const [{ index, sign, chosen }] = selectColumns(DENSE, 2, [TRUTH]);
    expect({ index, sign }).toEqual({ index: 0, sign: -1 });
    expect(chosen.f1).toBe(1);
  });
});

describe('meanDifference', () => {
  test('leaves rows out that do not count', () => {
    const { difference } = meanDifference(DENSE, 2, TRUTH);
    expect(difference[0]).toBeCloseTo(-7 / 3 - 1.5, 12);
    expect(difference[1]).toBeCloseTo(5 / 3 - 1.5, 12);
  });
});

describe('selectDirection', () => {
  test('tells the concept from other rows and scores rows by x · w', () => {
    const { weights, chosen } = selectDirection(DENSE, 2, TRUTH);
    expect(chosen.f1).toBe(1);
    expect(project(DENSE, weights)[1]).toBeCloseTo(-2 * weights[0] + 1 * weights[1], 5);
  });
});

function toSparse(dense: readonly Float32Array[]): SparseActivations {
  const events = dense.map((row) => [...row.entries()].filter(([, value]) => value > 0));
  const offsets = [0];
  for (const row of events) offsets.push(offsets[offsets.length - 1] + row.length);
  return {
    rows: dense.length,
    offsets: Uint32Array.from(offsets),
    indices: Uint32Array.from(events.flat().map(([feature]) => feature)),
    values: Float32Array.from(events.flat().map(([, value]) => value)),
  };
}
