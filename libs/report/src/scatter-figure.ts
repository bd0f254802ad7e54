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
import { PALETTE } from './theme.ts';

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
      layer: [pointLayer(options, groups), ...ruleLayers(rules, x, y)],
    },
    legendOffset: legendOffset(rules),
    description: `${points.length} points of ${y.label} over ${x.label}${groupsInWords(groups)}.`,
    adapt: points.some(({ label }) => label) ? (spec) => addPointLabels(spec, 'points_marks') : undefined,
  });
}

function groupsInWords(groups: readonly string[]): string {
  return groups.length > 1 ? ` in the groups ${groups.join(', ')}` : '';
}

function check({ x, y, points, rules = [] }: ScatterFigureOptions, groups: readonly string[]): void {
  for (const axis of [x, y]) requireAxis(axis);
  requireMarks('points', points.length);
  requireNames('groups of points', groups, MAX_NAMES);
  for (const [i, point] of points.entries()) {
    const what = `point ${i}${point.name === undefined ? '' : ` ("${point.name}")`}`;
    requireOnAxis(what, point.x, x);
    requireOnAxis(what, point.y, y);
    if (point.size !== undefined) requireOnAxis(what, point.size, { label: 'size', domain: [0, Infinity] });
  }
  requireRules(rules, x, y);
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
