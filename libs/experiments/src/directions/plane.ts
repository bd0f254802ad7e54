import { principalAxes } from '../superposition/principal-axes.ts';
import { centredRows, meanOfRows, products } from './geometry.ts';
import type { VectorTable } from './relation.ts';

/** Rows of a table as points of the plane. */
export interface PlaneProjection {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Share of the variance that each axis holds. */
  readonly shares: readonly [number, number];
}

/** Projects rows onto their first two principal components, as Mikolov et al. 2013 draw countries and capitals. */
export function projectToPlane(table: VectorTable, rows: readonly number[]): PlaneProjection {
  const { d } = table;
  const centred = centredRows(table, rows, meanOfRows(table, rows));
  const axes = principalAxes(centred, d).subarray(0, 2 * d);
  const places = products(centred, axes, d);
  const variance = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v * v, 0);
  const all = variance(centred);
  const share = (axis: number) => (all === 0 ? 0 : variance(places.filter((_, i) => i % 2 === axis)) / all);
  return {
    points: rows.map((_, i) => [places[2 * i], places[2 * i + 1]] as const),
    shares: [share(0), share(1)],
  };
}
