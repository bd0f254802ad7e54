import { createRandom } from '@facet/random';
import { measureRelation } from './measure-relation.ts';
import type { Relation, VectorTable } from './relation.ts';

const PAIRS = 12;
const D = 16;

/** Rows 0 to 11 are `from`s, rows 12 to 23 their `to`s. */
function relation(groups = 1, distractors: number[] = []): Relation {
  const pairs = Array.from({ length: PAIRS }, (_, i) => ({
    from: i,
    to: PAIRS + i,
    group: `group ${i % groups}`,
  }));
  return { name: 'test', pairs, distractors };
}

function randomTable(rows: number, seed: bigint): VectorTable {
  const random = createRandom(seed);
  return { d: D, values: Float32Array.from({ length: rows * D }, () => random.gaussian()) };
}

/** Every `to` is its `from` plus the same offset, which is far longer than the differences between `from`s. */
function translatedTable(seed: bigint, extra = 0): VectorTable {
  const table = randomTable(2 * PAIRS + extra, seed);
  for (let i = 0; i < PAIRS * D; i++) table.values[PAIRS * D + i] = table.values[i] + (i % D === 0 ? 30 : 5);
  return table;
}

describe('measureRelation', () => {
  test('finds every pair of an exact linear relation', () => {
    const table = translatedTable(1n, 6);
    const distractors = [0, 1, 2, 3, 4, 5].map((i) => 2 * PAIRS + i);
    const { tables } = measureRelation([table], relation(1, distractors), { seed: 7n });
    expect(tables[0]).toMatchObject({ accuracy: 1, groupAccuracy: 1, openAccuracy: 1, chance: 1 / PAIRS });
    expect(tables[0].analogies).toEqual({
      questions: PAIRS * (PAIRS - 1),
      accuracy: expect.any(Number),
      chance: 1 / (2 * PAIRS + 6 - 3),
    });
    expect(tables[0].analogies.accuracy).toBeGreaterThan(0.9);
    expect(tables[0].openChance).toBe(1 / (2 * PAIRS + 6 - 1));
    expect(tables[0].pValue).toBe(1 / 1001);
    expect(tables[0].shuffled).toBeLessThan(0.2);
  });

  test('leaves the pair itself out of the offset', () => {
    // Two pairs stay where they are, the third moves by (40, −4). The offset of all three would find the first pair: (0, 0) is led to
    // (13⅓, −1⅓), which lies from the mean (14⅔, 0) on the side of its own `to`. The offset of the other two leads it to (20, −2).
    const values = Float32Array.of(0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 40, 0);
    const pairs = [0, 1, 2].map((i) => ({ from: i, to: 3 + i, group: '' }));
    const three = { name: 'three', pairs, distractors: [] };
    const { tables } = measureRelation([{ d: 2, values }], three, { seed: 0n });
    expect(tables[0].accuracy).toBe(0);
  });

  test('gives random vectors chance, and a p-value that is one', () => {
    const accuracies: number[] = [];
    const pValues: number[] = [];
    for (let seed = 1n; seed <= 60n; seed++) {
      const { tables } = measureRelation([randomTable(2 * PAIRS, seed)], relation(), { seed, shuffles: 99 });
      accuracies.push(tables[0].accuracy);
      pValues.push(tables[0].pValue);
    }
    const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
    expect(mean).toBeGreaterThan(0.3 / PAIRS);
    expect(mean).toBeLessThan(1.8 / PAIRS);
    expect(pValues.filter((p) => p <= 0.05).length).toBeLessThanOrEqual(8);
  });

  test('is not impressed by a relation that only knows the group', () => {
    const table = randomTable(2 * PAIRS, 3n);
    for (let i = 0; i < 2 * PAIRS; i++) table.values[i * D + (i % 3)] += 40;
    const { tables } = measureRelation([table], relation(3), { seed: 2n });
    expect(tables[0].accuracy).toBeGreaterThan(tables[0].chance);
    expect(tables[0].pValue).toBeGreaterThan(0.05);
    expect(tables[0].groupChance).toBeCloseTo(3 / PAIRS);
  });

  test('names the best table and pays for having chosen it', () => {
    const tables = [randomTable(2 * PAIRS, 5n), translatedTable(6n), randomTable(2 * PAIRS, 7n)];
    const measured = measureRelation(tables, relation(), { seed: 1n });
    expect(measured.best).toBe(1);
    expect(measured.bestPValue).toBe(1 / 1001);
    const noise = measureRelation([tables[0], tables[2]], relation(), { seed: 1n });
    expect(noise.bestPValue).toBeGreaterThanOrEqual(Math.min(...noise.tables.map(({ pValue }) => pValue)));
  });

  test('tells a translation from mere likeness', () => {
    const table = randomTable(2 * PAIRS, 11n);
    for (let i = 0; i < PAIRS * D; i++) table.values[PAIRS * D + i] = table.values[i];
    expect(measureRelation([table], relation(), { seed: 1n }).tables[0].baseline).toBe(1);
    const far = translatedTable(12n);
    const [measured] = measureRelation([far], relation(), { seed: 1n }).tables;
    expect(measured.accuracy).toBe(1);
    expect(measured.baseline).toBeLessThan(1);
    expect(measured.openAccuracy).toBe(1);
    expect(measured.openBaseline).toBeLessThan(0.2);
  });

  test('refuses relations that cannot be tested', () => {
    const pairs = [0, 1].map((i) => ({ from: i, to: 2 + i, group: '' }));
    const few = { name: 'few', pairs, distractors: [] };
    expect(() => measureRelation([randomTable(4, 1n)], few, { seed: 1n })).toThrow('give 3 or more');
    const twice = [0, 1, 2].map((i) => ({ from: i, to: 3, group: '' }));
    const shared = { name: 'shared', pairs: twice, distractors: [] };
    expect(() => measureRelation([randomTable(4, 1n)], shared, { seed: 1n })).toThrow('the same thing');
  });
});
