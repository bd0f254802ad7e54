import { createRandom, type Random } from '@facet/random';
import { type AnalogyScore, askAnalogies } from './analogies.ts';
import { nearestAccuracy, prepareOffsetTest } from './offset-test.ts';
import { allCandidates, type Relation, requireRelation, type VectorTable } from './relation.ts';

/** How linear one relation is in one vector table. */
export interface RelationMeasurement {
  /** Share of the pairs that the offset of all other pairs finds among all `to`s. */
  readonly accuracy: number;
  /** 1 / number of `to`s. */
  readonly chance: number;
  /** The same search without the offset. */
  readonly baseline: number;
  /** Mean accuracy of shuffled pairs. */
  readonly shuffled: number;
  /** Share of the shuffles, the true pairs among them, that are at least as accurate. */
  readonly pValue: number;
  /** Accuracy among the `to`s of the pair's own group, and its chance. */
  readonly groupAccuracy: number;
  readonly groupChance: number;
  /** Accuracy among both sides and the distractors, and its chance. */
  readonly openAccuracy: number;
  /** The same without the offset. */
  readonly openBaseline: number;
  readonly openChance: number;
  readonly analogies: AnalogyScore;
}

/** A relation measured in several vector tables. */
export interface RelationMeasurements {
  /** One for every table, in order. */
  readonly tables: readonly RelationMeasurement[];
  /** Index of the most accurate table; the first among equals. */
  readonly best: number;
  /** Share of the shuffles whose best table is at least as accurate as the best table of the true pairs: the choice is paid for. */
  readonly bestPValue: number;
}

/** How many shuffles a test makes, and from which seed. */
export interface ShuffleOptions {
  readonly seed: bigint;
  /** @default 1000 */
  readonly shuffles?: number;
}

const DEFAULT_SHUFFLES = 1000;

/** Measures a relation in every table, against shuffles of its pairs that are the same for all tables. */
export function measureRelation(
  tables: readonly VectorTable[],
  relation: Relation,
  { seed, shuffles = DEFAULT_SHUFFLES }: ShuffleOptions,
): RelationMeasurements {
  requireRelation(relation);
  const tests = tables.map((table) => prepareOffsetTest(table, relation));
  const random = createRandom(seed);
  const shuffled = Array.from({ length: shuffles }, () => {
    const pairing = shufflePairs(relation, random);
    return tests.map((test) => test.accuracy(pairing));
  });
  const truePairs = relation.pairs.map((_, i) => i);
  const accuracies = tests.map((test) => test.accuracy(truePairs));
  const measurements = tables.map((table, t) => {
    const drawn = shuffled.map((row) => row[t]);
    const nearest = nearestAccuracy(table, relation);
    return {
      accuracy: accuracies[t],
      baseline: nearest.among,
      openBaseline: nearest.open,
      shuffled: drawn.reduce((sum, value) => sum + value, 0) / Math.max(1, shuffles),
      pValue: shareAtLeast(drawn, accuracies[t]),
      groupAccuracy: tests[t].groupAccuracy(),
      openAccuracy: tests[t].openAccuracy(),
      analogies: askAnalogies(table, relation),
      ...chances(relation),
    };
  });
  const most = Math.max(...accuracies);
  return {
    tables: measurements,
    best: accuracies.indexOf(most),
    bestPValue: shareAtLeast(
      shuffled.map((row) => Math.max(...row)),
      most,
    ),
  };
}

function chances(relation: Relation) {
  const { pairs } = relation;
  const sizes = new Map<string, number>();
  for (const { group } of pairs) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return {
    chance: 1 / pairs.length,
    groupChance: sizes.size / pairs.length,
    openChance: 1 / (allCandidates(relation).length - 1),
  };
}

/** Gives every pair the `to` of a random pair of its group. */
function shufflePairs({ pairs }: Relation, random: Random): Uint32Array {
  const pairing = Uint32Array.from(pairs, (_, i) => i);
  const groups = new Map<string, number[]>();
  for (const [i, { group }] of pairs.entries()) groups.set(group, [...(groups.get(group) ?? []), i]);
  for (const members of groups.values())
    for (let left = members.length - 1; left > 0; left--) {
      const [a, b] = [members[left], members[random.below(left + 1)]];
      [pairing[a], pairing[b]] = [pairing[b], pairing[a]];
    }
  return pairing;
}

/** Share of the draws that reach `value`, with `value` itself as one more draw: never 0 (Phipson & Smyth 2010). */
function shareAtLeast(draws: readonly number[], value: number): number {
  return (1 + draws.filter((draw) => draw >= value).length) / (1 + draws.length);
}
