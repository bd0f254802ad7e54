import { FacetError } from '@facet/errors';
import {
  colorChannel,
  legendOffset,
  positionChannel,
  ruleLayers,
  shapeChannel,
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
import { addPointLabels } from './point-labels.ts';
import { renderFigure } from './render-figure.ts';
import { MUTED, PALETTE } from './theme.ts';

/** Area of a point without a size, px². */
const POINT_AREA = 60;
/** Areas of the smallest and largest point where sizes are given, px². */
const AREA_RANGE = [20, 420];

export interface ScatterFigureOptions extends FigureOptions {
  x: Axis;
  y: Axis;
  points: readonly ScatterPoint[];
  rules?: readonly Rule[];
  /** What the points' sizes mean; wanted where points have sizes. */
  sizeLabel?: string;
  /** Lines between points, as indices into `points`: what leads from where to where. */
  links?: readonly (readonly [from: number, to: number])[];
  /** Height of the plot, px. @default 380 */
  height?: number;
}

/** One point. */
export interface ScatterPoint {
  x: number;
  y: number;
  /** Shown on hover, and beside the point with `label`. */
  name?: string;
  /** Points of a group share colour and shape; groups stand in the legend in the order of their first points. */
  group?: string;
  /** Area in proportion, from 0. */
  size?: number;
  /** Writes the name beside the point where there is room for it. */
  label?: boolean;
}

/** Draws points over two numeric axes. */
export async function scatterFigure(options: ScatterFigureOptions): Promise<Figure> {
  const groups = [...new Set(options.points.map(({ group }) => group ?? ''))];
  check(options, groups);
  const { x, y, points, rules = [], width = DEFAULT_WIDTH, height = DEFAULT_HEIGHT } = options;
  return renderFigure(options, {
    spec: {
      width,
      height,
      autosize: { type: 'fit-x', contains: 'padding' },
      layer: [...linkLayers(options), pointLayer(options, groups), ...ruleLayers(rules, x, y)],
    },
    legendOffset: legendOffset(rules),
    description: `${points.length} points of ${y.label} over ${x.label}${groupsInWords(groups)}.`,
    adapt: points.some(({ label }) => label) ? (spec) => addPointLabels(spec, 'points_marks') : undefined,
  });
}

function groupsInWords(groups: readonly string[]): string {
  return groups.length > 1 ? ` in the groups ${groups.join(', ')}` : '';
}

function check(
  { x, y, points, links = [], rules = [] }: ScatterFigureOptions,
  groups: readonly string[],
): void {
  for (const axis of [x, y]) requireAxis(axis);
  requireMarks('points', points.length);
  requireNames('groups of points', groups, MAX_NAMES);
  for (const [i, point] of points.entries()) {
    const what = `point ${i}${point.name === undefined ? '' : ` ("${point.name}")`}`;
    requireOnAxis(what, point.x, x);
    requireOnAxis(what, point.y, y);
    if (point.size !== undefined) requireOnAxis(what, point.size, { label: 'size', domain: [0, Infinity] });
  }
  for (const index of links.flat())
    if (points[index] === undefined)
      throw new FacetError('invalid', `a link leads to point ${index}; there are ${points.length}`);
  requireRules(rules, x, y);
}

function linkLayers({ x, y, points, links = [] }: ScatterFigureOptions): object[] {
  if (links.length === 0) return [];
  const values = links.map(([from, to]) => ({
    x: points[from].x,
    y: points[from].y,
    x2: points[to].x,
    y2: points[to].y,
  }));
  const ends = { x: { ...positionChannel(x), field: 'x' }, y: { ...positionChannel(y), field: 'y' } };
  return [
    {
      name: 'links',
      data: { values },
      mark: { type: 'rule', color: MUTED, opacity: 0.6, aria: false },
      encoding: { ...ends, x2: { field: 'x2' }, y2: { field: 'y2' } },
    },
  ];
}

function pointLayer(options: ScatterFigureOptions, groups: readonly string[]): object {
  const { x, y, points, sizeLabel, width = DEFAULT_WIDTH } = options;
  const named = groups.map((name) => ({ name }));
  const sized = points.some(({ size }) => size !== undefined);
  const size = {
    field: 'size',
    type: 'quantitative',
    scale: { range: AREA_RANGE, zero: true },
    legend: { title: printable(sizeLabel ?? 'size'), symbolFillColor: PALETTE[0], symbolStrokeWidth: 0 },
  };
  return {
    name: 'points',
    data: { values: points.map(rowOf) },
    mark: { type: 'point', opacity: 0.85, ...(sized ? {} : { size: POINT_AREA }) },
    encoding: {
      x: { ...positionChannel(x), field: 'x' },
      y: { ...positionChannel(y), field: 'y' },
      color: colorChannel('group', named, width),
      shape: shapeChannel('group', named, width),
      description: { field: 'hover', type: 'nominal' },
      ...(sized ? { size } : {}),
    },
  };
}

function rowOf({ x, y, name, group = '', size, label }: ScatterPoint) {
  const values = [x, y, ...(size === undefined ? [] : [size])].map(shortNumber).join(', ');
  const title = printable(name ?? group);
  return {
    x,
    y,
    group: printable(group),
    size: size ?? null,
    label: label ? printable(name ?? '') : '',
    hover: title === '' ? values : `${title}: ${values}`,
  };
}
