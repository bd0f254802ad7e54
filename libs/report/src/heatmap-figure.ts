import { FacetError } from '@facet/errors';
import { shortNumber } from './channels.ts';
import { printable } from './escape.ts';
import { DEFAULT_WIDTH, type Figure, type FigureOptions } from './figure.ts';
import { MAX_CATEGORIES, requireMarks, requireNames, requireOnAxis } from './figure-checks.ts';
import { renderFigure } from './render-figure.ts';

/** Figures of at most this many columns, and cells, have each value written in its cell. */
const MAX_LABELLED_COLUMNS = 14;
const MAX_LABELLED_CELLS = 300;
/** Heights of a cell, px: of a large map, of a small one, and the height that many rows share. */
const MIN_CELL = 12;
const MAX_CELL = 36;
const SHARED_HEIGHT = 420;

export interface HeatmapFigureOptions extends FigureOptions {
  rows: { label: string; names: readonly string[] };
  columns: { label: string; names: readonly string[] };
  /** `values[row][column]`; `null` leaves the cell empty. */
  values: readonly (readonly (number | null)[])[];
  color: HeatmapColor;
}

/** How values become colours. */
export interface HeatmapColor {
  label: string;
  /** `diverging` is white at 0 and has two hues; its domain is symmetric. @default 'sequential' */
  scheme?: 'sequential' | 'diverging';
  /** Values of the first and the last colour. @default the data's */
  domain?: readonly [number, number];
  format?: 'plain' | 'percent';
}

/** Draws a table of values as colours. */
export async function heatmapFigure(options: HeatmapFigureOptions): Promise<Figure> {
  check(options);
  const { rows, columns, color, width = DEFAULT_WIDTH } = options;
  const cell = Math.min(MAX_CELL, Math.max(MIN_CELL, SHARED_HEIGHT / rows.names.length));
  const labelled =
    columns.names.length <= MAX_LABELLED_COLUMNS &&
    cellsOf(options).length <= MAX_LABELLED_CELLS &&
    cell >= 14;
  return renderFigure(options, {
    spec: {
      width,
      height: cell * rows.names.length,
      autosize: { type: 'fit-x', contains: 'padding' },
      data: { values: cellsOf(options) },
      encoding: positions(options),
      layer: [cellLayer(options), ...(labelled ? [valueLayer(options)] : [])],
    },
    description: `${color.label} by ${rows.label} (${rows.names.length} rows) and ${columns.label} (${columns.names.length} columns).`,
  });
}

function check({ rows, columns, values, color }: HeatmapFigureOptions): void {
  requireNames(`rows "${rows.label}"`, rows.names, MAX_CATEGORIES);
  requireNames(`columns "${columns.label}"`, columns.names, MAX_CATEGORIES);
  if (values.length !== rows.names.length)
    throw new FacetError('invalid', `values has ${values.length} rows for ${rows.names.length} row names`);
  for (const [i, row] of values.entries()) {
    if (row.length !== columns.names.length)
      throw new FacetError(
        'invalid',
        `values[${i}] has ${row.length} values for ${columns.names.length} column names; use null where nothing was measured`,
      );
    for (const [j, value] of row.entries())
      if (value !== null) requireOnAxis(`values[${i}][${j}]`, value, color);
  }
  requireMarks('values', values.flat().filter((value) => value !== null).length);
}

function cellsOf({ rows, columns, values }: HeatmapFigureOptions) {
  return values.flatMap((row, i) =>
    row.flatMap((value, j) => {
      if (value === null) return [];
      const cell = { row: printable(rows.names[i]), column: printable(columns.names[j]), value };
      return [{ ...cell, hover: `${cell.row}, ${cell.column}: ${shortNumber(value)}` }];
    }),
  );
}

function positions({ rows, columns }: HeatmapFigureOptions) {
  const channel = (field: string, { label, names }: HeatmapFigureOptions['rows']) => ({
    field,
    type: 'nominal',
    title: printable(label),
    scale: { domain: names.map(printable), padding: 0 },
  });
  const few = columns.names.length <= MAX_LABELLED_COLUMNS && columns.names.every((name) => name.length <= 6);
  return {
    x: { ...channel('column', columns), axis: { labelAngle: few ? 0 : -40, labelOverlap: true } },
    y: { ...channel('row', rows), axis: { labelOverlap: true } },
  };
}

function cellLayer(options: HeatmapFigureOptions): object {
  const { color } = options;
  return {
    name: 'cells',
    mark: { type: 'rect', stroke: null },
    encoding: {
      color: {
        field: 'value',
        type: 'quantitative',
        scale: { scheme: color.scheme === 'diverging' ? 'blueorange' : 'viridis', domain: domainOf(options) },
        legend: {
          title: printable(color.label),
          orient: 'right',
          direction: 'vertical',
          gradientLength: 140,
          ...(color.format === 'percent' ? { format: '~%' } : {}),
        },
      },
      description: { field: 'hover', type: 'nominal' },
    },
  };
}

/** The value of each cell, in the ink that stands out on its colour. */
function valueLayer(options: HeatmapFigureOptions): object {
  const [low, high] = domainOf(options);
  const middle = (low + high) / 2;
  const dark =
    options.color.scheme === 'diverging'
      ? `abs(datum.value - ${middle}) > ${(high - low) * 0.36}`
      : `datum.value < ${low + (high - low) * 0.6}`;
  return {
    name: 'cellvalues',
    mark: { type: 'text', fontSize: 11, aria: false },
    encoding: {
      text: {
        field: 'value',
        type: 'quantitative',
        format: options.color.format === 'percent' ? '.0~%' : '.2~f',
      },
      color: { condition: { test: dark, value: 'white' }, value: '#111' },
    },
  };
}

function domainOf({ color, values }: HeatmapFigureOptions): readonly [number, number] {
  if (color.domain) return color.domain;
  const known = values.flat().filter((value) => value !== null);
  const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  if (color.scheme !== 'diverging') return low < high ? [low, high] : [low, low + 1];
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-reach, reach];
}
