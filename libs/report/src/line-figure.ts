import { FacetError } from '@facet/errors';
import {
  colorChannel,
  colorsOf,
  legendOffset,
  positionChannel,
  ruleLayers,
  shortNumber,
} from './channels.ts';
import { printable } from './escape.ts';
import {
  type Axis,
  DEFAULT_HEIGHT,
  DEFAULT_WIDTH,
  type Figure,
  type FigureOptions,
  type Rule,
} from './figure.ts';
import {
  MAX_NAMES,
  requireAxis,
  requireMarks,
  requireNames,
  requireOnAxis,
  requireRules,
} from './figure-checks.ts';
import { renderFigure } from './render-figure.ts';

/** Series of at most this many points have each point marked. */
const MAX_MARKED_POINTS = 40;
/** Legends show lines, also where points are marked. */
const LINE_SYMBOL = { symbolType: 'stroke', symbolFillColor: 'transparent', symbolSize: 400 };
const DASHES = { dashed: [6, 4], solid: [1, 0] };

export interface LineFigureOptions extends FigureOptions {
  x: Axis;
  y: Axis;
  series: readonly LineSeries[];
  rules?: readonly Rule[];
  /** Height of the plot without title, legend and axis, px. @default 380 */
  height?: number;
}

/** One line; its points are joined in the order of x. */
export interface LineSeries {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  dashed?: boolean;
  /** Grey, for controls. */
  muted?: boolean;
  /** A shaded band: x, low, high (seeds, confidence). */
  band?: readonly (readonly [x: number, low: number, high: number])[];
}

/** Draws lines over a numeric axis. */
export async function lineFigure(options: LineFigureOptions): Promise<Figure> {
  check(options);
  const { x, y, series, rules = [], width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT } = options;
  const layers = [...bandLayers(options), ...lineLayers(options), ...ruleLayers(rules, x, y)];
  const names = series.map(({ name }) => name).join(', ');
  return renderFigure(options, {
    spec: { width, height, autosize: { type: 'fit-x', contains: 'padding' }, layer: layers },
    legendOffset: legendOffset(rules),
    description: `Lines of ${y.label} over ${x.label}: ${names}.`,
  });
}

function check({ x, y, series, rules = [] }: LineFigureOptions): void {
  for (const axis of [x, y]) requireAxis(axis);
  requireNames(
    'series',
    series.map(({ name }) => name),
    MAX_NAMES,
  );
  for (const { name, points, band = [] } of series) {
    if (points.length === 0) throw new FacetError('invalid', `series "${name}" has no points; leave it out`);
    for (const [atX, atY] of points) {
      requireOnAxis(`a point of series "${name}"`, atX, x);
      requireOnAxis(`series "${name}" at ${atX}`, atY, y);
    }
    for (const [atX, ...ends] of band) {
      requireOnAxis(`the band of series "${name}"`, atX, x);
      for (const end of ends) requireOnAxis(`the band of series "${name}" at ${atX}`, end, y);
    }
  }
  requireMarks(
    'series',
    series.reduce((sum, { points }) => sum + points.length, 0),
  );
  requireRules(rules, x, y);
}

function lineLayers({ x, y, series, width = DEFAULT_WIDTH }: LineFigureOptions): object[] {
  const channel = colorChannel('series', series, width);
  const color = { ...channel, legend: channel.legend && { ...channel.legend, ...LINE_SYMBOL } };
  const strokeDash = {
    ...color,
    scale: {
      domain: color.scale.domain,
      range: series.map(({ dashed }) => (dashed ? DASHES.dashed : DASHES.solid)),
    },
  };
  const position = { x: { ...positionChannel(x), field: 'x' }, y: { ...positionChannel(y), field: 'y' } };
  const marked = series.filter(({ points }) => points.length <= MAX_MARKED_POINTS);
  const description = { field: 'hover', type: 'nominal' };
  return [
    {
      data: { values: series.flatMap((one) => rowsOf(one).map((row) => ({ ...row, hover: row.series }))) },
      mark: { type: 'line', clip: false },
      encoding: { ...position, color, strokeDash, description },
    },
    {
      name: 'points',
      data: { values: marked.flatMap(rowsOf) },
      mark: { type: 'point', size: 36 },
      encoding: { ...position, color, description },
    },
  ].filter(({ data }) => data.values.length > 0);
}

function rowsOf({ name, points }: LineSeries) {
  const series = printable(name);
  return points.map(([x, y]) => ({ series, x, y, hover: `${series}: ${shortNumber(x)}, ${shortNumber(y)}` }));
}

/** One layer per band, with its colour as a constant: the legend belongs to the lines. */
function bandLayers({ x, y, series }: LineFigureOptions): object[] {
  const colors = colorsOf(series);
  return series.flatMap(({ band = [] }, i) => {
    const values = band.map(([atX, low, high]) => ({ x: atX, low, high }));
    const encoding = {
      x: { ...positionChannel(x), field: 'x' },
      y: { ...positionChannel(y), field: 'low' },
      y2: { field: 'high' },
    };
    const mark = { type: 'area', opacity: 0.16, color: colors[i], aria: false };
    return values.length === 0 ? [] : [{ data: { values }, mark, encoding }];
  });
}
