import { FacetError } from '@facet/errors';
import { shortNumber } from './channels.ts';
import { printable } from './escape.ts';
import { DEFAULT_WIDTH, type Figure, type FigureOptions } from './figure.ts';
import { requireMarks, requireNames, requireOnAxis } from './figure-checks.ts';
import { renderFigure } from './render-figure.ts';
import { INK, MUTED } from './theme.ts';

/** Most panels of one figure. */
const MAX_PANELS = 24;
const MAX_COLUMNS = 6;
const PANEL_GAP = 14;
const SIDE_SPACE = 26;
/** Largest panel, px: a few panels leave room instead of growing. */
const MAX_SIDE = 260;
/** How much wider the shown square is than the longest vector. */
const MARGIN = 1.12;

export interface VectorsFigureOptions extends FigureOptions {
  panels: readonly VectorsPanel[];
  /** Panels side by side. @default as many as there are, at most 6 */
  columns?: number;
  /** What the vectors' colour means, from light to dark; wanted where vectors have a weight. */
  weightLabel?: string;
}

/** The directions of one model, from the origin, in a plane. */
export interface VectorsPanel {
  name: string;
  vectors: readonly { x: number; y: number; name?: string; weight?: number }[];
}

/** Draws 2-D directions as small multiples of one scale: the geometry of features in superposition (Elhage et al. 2022). */
export async function vectorsFigure(options: VectorsFigureOptions): Promise<Figure> {
  check(options);
  const { panels, width = DEFAULT_WIDTH } = options;
  const columns = Math.min(options.columns ?? MAX_COLUMNS, MAX_COLUMNS, panels.length);
  const side = Math.min(MAX_SIDE, Math.floor((width - SIDE_SPACE - PANEL_GAP * (columns - 1)) / columns));
  return renderFigure(options, {
    spec: {
      columns,
      spacing: PANEL_GAP,
      data: { values: rowsOf(panels) },
      facet: {
        field: 'panel',
        type: 'nominal',
        title: null,
        sort: panels.map(({ name }) => printable(name)),
      },
      spec: { width: side, height: side, layer: layersOf(options) },
    },
    description: `Directions in the plane: ${panels.map(({ name, vectors }) => `${name} (${vectors.length})`).join(', ')}.`,
  });
}

function check({ panels, columns = 1 }: VectorsFigureOptions): void {
  requireNames(
    'panels',
    panels.map(({ name }) => name),
    MAX_PANELS,
  );
  if (!(Number.isInteger(columns) && columns >= 1))
    throw new FacetError('invalid', `columns is ${columns}; it must be a whole number from 1`);
  for (const { name, vectors } of panels) {
    requireMarks(`panel "${name}"`, vectors.length);
    for (const [i, { x, y, weight = 0 }] of vectors.entries())
      for (const value of [x, y, weight])
        requireOnAxis(`vector ${i} of panel "${name}"`, value, { label: 'plane' });
  }
}

function rowsOf(panels: readonly VectorsPanel[]) {
  return panels.flatMap(({ name: panel, vectors }) =>
    vectors.map(({ x, y, name, weight }, i) => ({
      panel: printable(panel),
      x,
      y,
      weight: weight ?? null,
      hover: `${printable(name ?? `direction ${i}`)}: ${shortNumber(x)}, ${shortNumber(y)}`,
    })),
  );
}

function layersOf({ panels, weightLabel }: VectorsFigureOptions): object[] {
  const all = panels.flatMap(({ vectors }) => vectors);
  const reach = MARGIN * all.reduce((most, { x, y }) => Math.max(most, Math.hypot(x, y)), Number.MIN_VALUE);
  const position = { type: 'quantitative', scale: { domain: [-reach, reach], nice: false }, axis: null };
  const origin = { datum: 0 };
  const weighted = all.some(({ weight }) => weight !== undefined);
  const color = weighted
    ? {
        field: 'weight',
        type: 'quantitative',
        scale: { scheme: { name: 'viridis', extent: [0.12, 0.88] }, reverse: true },
        legend: { title: printable(weightLabel ?? 'weight'), orient: 'bottom', gradientLength: 160 },
      }
    : { value: '#0072b2' };
  const ends = { x: { ...position, field: 'x' }, y: { ...position, field: 'y' } };
  return [
    { data: { values: [{}] }, mark: axisMark, encoding: { x: { ...position, ...origin } } },
    { data: { values: [{}] }, mark: axisMark, encoding: { y: { ...position, ...origin } } },
    {
      mark: { type: 'rule', strokeWidth: 1.75, aria: false },
      encoding: { ...ends, x2: origin, y2: origin, color },
    },
    {
      name: 'points',
      mark: { type: 'point', size: 42, stroke: INK, strokeWidth: 0 },
      encoding: { ...ends, color, description: { field: 'hover', type: 'nominal' } },
    },
  ];
}

const axisMark = { type: 'rule', color: MUTED, opacity: 0.45, strokeWidth: 0.75, aria: false };
