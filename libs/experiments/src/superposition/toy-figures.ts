import {
  type Figure,
  heatmapFigure,
  lineFigure,
  type Rule,
  scatterFigure,
  vectorsFigure,
} from '@facet/report';
import type { PhasePoint } from './phase-change.ts';
import type { PhaseDiagram } from './phase-diagram.ts';
import type { SmallToy } from './small-toys.ts';
import { gram } from './toy.ts';

/** The axis of sparsity that all figures share: dense at the left. */
export const SPARSITY_AXIS = {
  label: 'Sparsity, 1 / (1 − S): one in so many inputs is active',
  scale: 'log',
  format: 'short',
} as const;

/** The fractions at which D_i gathers in the paper. */
const PLATEAUS: readonly Rule[] = [
  { y: 1, label: '1: a dimension of its own' },
  { y: 3 / 4, label: '3/4: tetrahedron' },
  { y: 2 / 3, label: '2/3: triangle' },
  { y: 1 / 2, label: '1/2: antipodal pair' },
  { y: 2 / 5, label: '2/5: pentagon' },
  { y: 1 / 5, label: '1/5: m / n, all features' },
];
/** How far the points of one toy are spread to the side, as a ratio. */
const SPREAD = 1.12;
/** Makes cells of twenty columns about square. */
const MATRIX_WIDTH = 570;

/** How many features the toy represents, over sparsity. */
export function representedFigure(phase: readonly PhasePoint[]): Promise<Figure> {
  const { n, m } = phase[0].toy;
  return lineFigure({
    title: `How many of ${n} features are represented`,
    x: SPARSITY_AXIS,
    y: { label: 'Features with ‖W_i‖ > ½', domain: [0, n] },
    series: [
      { name: 'represented', points: phase.map((point) => [1 / point.density, point.represented.length]) },
    ],
    rules: [{ y: m, label: `m = ${m} dimensions` }],
    height: 280,
  });
}

/** D* = m / ‖W‖_F², over sparsity. */
export function dimensionsFigure(phase: readonly PhasePoint[]): Promise<Figure> {
  return lineFigure({
    title: 'Dimensions per feature, D* = m / ‖W‖²',
    x: SPARSITY_AXIS,
    y: { label: 'D*', domain: [0, 1.1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
    series: [{ name: 'D*', points: phase.map((point) => [1 / point.density, point.dimensions_per_feature]) }],
    rules: [
      { y: 1, label: 'no superposition' },
      { y: 0.5, label: 'antipodal pairs' },
    ],
    height: 280,
  });
}

/** D_i of every represented feature, over sparsity. */
export function dimensionalityFigure(phase: readonly PhasePoint[]): Promise<Figure> {
  const points = phase.flatMap(({ density, represented, dimensionality }) =>
    represented.map((feature, rank) => ({
      x: SPREAD ** ((2 * (rank + 0.5)) / represented.length - 1) / density,
      y: Math.min(1, dimensionality[feature]),
      name: `feature ${feature} at 1 − S = ${density}`,
    })),
  );
  return scatterFigure({
    title: 'Dimensionality of every represented feature, D_i',
    x: { ...SPARSITY_AXIS, domain: [0.85, 120], ticks: [1, 2, 5, 10, 20, 50, 100] },
    y: { label: 'D_i', domain: [0, 1.05], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
    points,
    rules: PLATEAUS,
    height: 420,
  });
}

/** Five features in the plane, dense to sparse. */
export function planarFigure(planar: readonly SmallToy[]): Promise<Figure> {
  return vectorsFigure({
    title: 'Five features in two dimensions',
    panels: planar.map(({ density, toy, represented }) => ({
      name: `1 − S = ${density}: ${represented.length} represented`,
      vectors: Array.from({ length: toy.n }, (_, i) => ({
        x: toy.W[2 * i],
        y: toy.W[2 * i + 1],
        name: `feature ${i}`,
      })),
    })),
  });
}

/** |WᵀW| of twenty features in five dimensions. */
export function interferenceFigure({ density, toy, represented }: SmallToy): Promise<Figure> {
  const names = Array.from({ length: toy.n }, (_, i) => String(i));
  const G = gram(toy);
  return heatmapFigure({
    title: `|WᵀW| at 1 − S = ${density}: ${represented.length} of ${toy.n} features represented`,
    rows: { label: 'Feature', names },
    columns: { label: 'Feature, most important first', names },
    values: names.map((_, i) => names.map((__, j) => Math.abs(G[i * toy.n + j]))),
    color: { label: '|W_i·W_j|', domain: [0, Math.max(1, ...G.map(Math.abs))] },
    width: MATRIX_WIDTH,
  });
}

/** What becomes of a second feature in one dimension. */
export function diagramFigure({ densities, importances, dimensionality }: PhaseDiagram): Promise<Figure> {
  return heatmapFigure({
    title: 'The second of two features in one dimension',
    rows: { label: 'Importance of the second, relative', names: importances.map(String) },
    columns: { label: 'Share of inputs that are active, 1 − S', names: densities.map(String) },
    values: dimensionality.map((row) => row.map((value) => Math.min(1, value))),
    color: { label: 'D of the second feature', domain: [0, 1] },
  });
}
