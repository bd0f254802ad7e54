import { FacetError } from '@facet/errors';
import { createRandom } from '@facet/random';
import { createAdam } from './adam.ts';
import { measureGeometry } from './geometry.ts';
import { createToy, type Toy } from './toy.ts';
import type { ToyBatch } from './toy-batch.ts';
import { lossAndGradient } from './toy-gradient.ts';

/** What becomes of a second feature where there is room for one: n = 2, m = 1. */
export interface PhaseDiagram {
  densities: readonly number[];
  /** I_2 / I_1. */
  importances: readonly number[];
  /** D of the second feature, `[importance][density]`: 0 ignored, ½ in superposition, 1 alone in its dimension. */
  dimensionality: number[][];
}

export const DIAGRAM_DENSITIES = [1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05, 0.03, 0.02, 0.01] as const;
export const DIAGRAM_IMPORTANCES = [10, 7, 5, 3, 2, 1.4, 1, 0.7, 0.5, 0.33, 0.2, 0.14, 0.1] as const;

/** Points of the midpoint rule in each variable of the exact loss. */
const MIDPOINTS = 8;
const STEPS = 300;
const LEARNING_RATE = 0.03;
const RESTARTS = 4;

/** Trains a toy on the exact expected loss in every cell, and keeps the best of four starts. */
export async function measurePhaseDiagram(seed: bigint, signal?: AbortSignal): Promise<PhaseDiagram> {
  const dimensionality: number[][] = [];
  for (const importance of DIAGRAM_IMPORTANCES) {
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted)
      throw new FacetError('cancelled', 'the experiment was cancelled', { cause: signal.reason });
    const row = DIAGRAM_DENSITIES.map((density) => {
      const toy = trainPair(density, Float64Array.of(1, importance), seed);
      return measureGeometry(toy).dimensionality[1];
    });
    dimensionality.push(row);
  }
  return { densities: DIAGRAM_DENSITIES, importances: DIAGRAM_IMPORTANCES, dimensionality };
}

/** The toy of n = 2, m = 1 with the lowest expected loss that several starts lead to. */
export function trainPair(density: number, importance: Float64Array, seed: bigint): Toy {
  const batch = exactPairBatch(density);
  const random = createRandom(seed);
  const trained = Array.from({ length: RESTARTS }, () => {
    const toy = createToy(2, 1, random);
    return { toy, loss: descend(toy, batch, importance) };
  });
  return trained.reduce((best, one) => (one.loss < best.loss ? one : best)).toy;
}

/** Trains `toy` on one weighted batch and gives the last loss. */
function descend(toy: Toy, batch: ToyBatch, importance: Float64Array): number {
  const gradient = { W: new Float64Array(toy.W.length), b: new Float64Array(toy.n) };
  const adam = [createAdam(toy.W), createAdam(toy.b)];
  let loss = 0;
  for (let step = 0; step < STEPS; step++) {
    loss = lossAndGradient(toy, batch, importance, gradient);
    const rate = LEARNING_RATE * Math.min(1, 2 * (1 - step / STEPS));
    adam[0](gradient.W, rate);
    adam[1](gradient.b, rate);
  }
  return loss;
}

/**
 * All inputs of two features, weighted by their probability: neither active, one, both; the active ones'
 * uniform values by the midpoint rule.
 */
export function exactPairBatch(density: number): ToyBatch {
  const values = Array.from({ length: MIDPOINTS }, (_, i) => (i + 0.5) / MIDPOINTS);
  const one = (density * (1 - density)) / MIDPOINTS;
  const both = density ** 2 / MIDPOINTS ** 2;
  const rows: { x: readonly (readonly [feature: number, value: number])[]; weight: number }[] = [
    { x: [], weight: (1 - density) ** 2 },
    ...values.map((value) => ({ x: [[0, value] as const], weight: one })),
    ...values.map((value) => ({ x: [[1, value] as const], weight: one })),
    ...values.flatMap((a) => values.map((b) => ({ x: [[0, a] as const, [1, b] as const], weight: both }))),
  ];
  const entries = rows.flatMap(({ x }) => x);
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach(({ x }, r) => {
    offsets[r + 1] = offsets[r] + x.length;
  });
  return {
    rows: rows.length,
    offsets,
    features: Uint32Array.from(entries, ([feature]) => feature),
    values: Float64Array.from(entries, ([, value]) => value),
    rowWeights: Float64Array.from(rows, ({ weight }) => weight),
  };
}
