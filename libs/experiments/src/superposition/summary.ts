import { mean } from '../order-statistics.ts';
import { measureInterference, REPRESENTED_NORM } from './geometry.ts';
import { RECOVERED_COSINE } from './match-directions.ts';
import type { PhasePoint } from './phase-change.ts';
import type { RecoveryPoint } from './recovery.ts';
import type { Superposition } from './superposition.ts';

/** All the figures' numbers as one record for JSON. */
export type SuperpositionSummary = ReturnType<typeof summariseSuperposition>;

/** Share of true directions that an SAE must recover where it is said to work. */
const WORKS = 0.95;
const DECIMALS = 4;

/**
 * Summarises the experiment, numbers to four decimals. `recovered_share` is the mean over the headline's seeds;
 * `breaks` lists the settings that recovered less than 95 %.
 */
export function summariseSuperposition(result: Superposition) {
  const { phase, diagram, recovery, seeds, limits } = result;
  const { n, m } = phase[0].toy;
  const shares = seeds.map(({ recovered_share }) => recovered_share);
  return rounded({
    recovered_share: mean(shares),
    recovered_share_min: Math.min(...shares),
    mean_max_cosine: mean(seeds.map(({ mean_max_cosine }) => mean_max_cosine)),
    recovered_above_cosine: RECOVERED_COSINE,
    represented_above_norm: REPRESENTED_NORM,
    n,
    m,
    seeds: seeds.map((point, i) => ({ seed: Number(result.seed) + i, ...point })),
    breaks: findBreaks(result),
    phase: phase.map(summarisePhase),
    polytopes: result.polytopes.map((one) => ({
      name: one.name,
      n: one.n,
      m: one.m,
      expected: one.m / one.n,
      dimensionality: [...one.dimensionality].sort((a, b) => b - a),
    })),
    planar: result.planar.map(({ density, represented, toy }) => ({
      density,
      represented: represented.length,
      directions: Array.from({ length: toy.n }, (_, i) => [toy.W[2 * i], toy.W[2 * i + 1]]),
    })),
    interference: result.interference.map(({ density, represented, toy }) => ({
      density,
      represented: represented.length,
      ...measureInterference(toy),
    })),
    phase_diagram: diagram,
    recovery,
    limits,
  });
}

/** Finds what recovered less than 95 %, for each change from the headline on its own. */
export function findBreaks({
  recovery,
  seeds,
  limits,
}: Pick<Superposition, 'recovery' | 'seeds' | 'limits'>) {
  const [headline] = seeds;
  const broken = (points: readonly RecoveryPoint[]) =>
    points.filter(({ recovered_share }) => !(recovered_share >= WORKS));
  const sameSize = recovery.filter(({ d_sae }) => d_sae === headline.d_sae);
  const sameDensity = recovery.filter(({ density }) => density === headline.density);
  return {
    densities: broken(sameSize).map(({ density }) => density),
    d_sae: broken(sameDensity).map(({ d_sae }) => d_sae),
    k: broken(limits.k).map(({ k }) => k),
    rows: broken(limits.rows).map(({ rows }) => rows),
    trained_rows: broken(limits.training).map(({ trained_rows }) => trained_rows),
  };
}

function summarisePhase({ density, loss, represented, dimensions_per_feature, dimensionality }: PhasePoint) {
  const sorted = represented.map((i) => dimensionality[i]).sort((a, b) => a - b);
  return {
    density,
    loss,
    represented: represented.length,
    dimensions_per_feature,
    dimensionality: {
      min: sorted[0] ?? 0,
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      max: sorted.at(-1) ?? 0,
    },
  };
}

/** The same record with every number rounded. */
function rounded<Value>(value: Value): Value {
  if (typeof value === 'number') return Number(value.toFixed(DECIMALS)) as Value;
  if (Array.isArray(value)) return value.map(rounded) as Value;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)])) as Value;
}
