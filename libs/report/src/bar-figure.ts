import { FacetError } from '@facet/errors';
import { colorChannel, positionChannel, shapeChannel, shortNumber } from './channels.ts';
import { printable } from './escape.ts';
import { type Axis, DEFAULT_HEIGHT, DEFAULT_WIDTH, type Figure, type FigureOptions } from './figure.ts';
import {
  MAX_CATEGORIES,
  MAX_NAMES,
  requireAxis,
  requireMarks,
  requireNames,
  requireOnAxis,
} from './figure-checks.ts';
import { renderFigure } from './render-figure.ts';
import { textWidth } from './text-width.ts';
import { LABEL_SIZE, SOFT_INK } from './theme.ts';

/** Figures of at most this many bars have each value written at its bar. */
const MAX_LABELLED_BARS = 24;
/** Height of one bar, and of a row that holds dots, px. */
const BAR_STEP = 16;
const DOT_STEP = 20;
const ROW_GAP = 8;
/** Room for a value right of the longest bar, px. */
const VALUE_SPACE = 34;

export interface BarFigureOptions extends FigureOptions {
  value: Axis;
  /** Shown in this order, from the left or from the top. */
  categories: readonly string[];
  categoryLabel?: string;
  series: readonly BarSeries[];
  /** Categories as rows, for many or long names. @default false */
  horizontal?: boolean;
  /** `dot` marks the values of all series on one line per category: better than bars for many categories. @default 'bar' */
  mark?: 'bar' | 'dot';
  rules?: readonly { value: number; label: string }[];
  /** Height of the plot of upright bars, px; rows have a height of their own. @default 380 */
  height?: number;
}

/** One bar (or dot) per category; `null` where nothing was measured. */
export interface BarSeries {
  name: string;
  values: readonly (number | null)[];
  muted?: boolean;
}

/** Draws grouped bars, or dots, over categories. */
export async function barFigure(options: BarFigureOptions): Promise<Figure> {
  check(options);
  const { categories, series, value, width = DEFAULT_WIDTH, horizontal = false, mark = 'bar' } = options;
  const step = mark === 'dot' ? DOT_STEP : BAR_STEP * series.length + ROW_GAP;
  const height = horizontal ? step * categories.length : (options.height ?? DEFAULT_HEIGHT);
  const labelled = isLabelled(options);
  return renderFigure(options, {
    spec: {
      width,
      height,
      autosize: { type: 'fit-x', contains: 'padding' },
      layer: [markLayer(options), ...(labelled ? [valueLayer(options)] : []), ...ruleLayers(options)],
    },
    description:
      `${value.label} of ${categories.length} categories (${categories.slice(0, 5).join(', ')}` +
      `${categories.length > 5 ? ', …' : ''}): ${series.map(({ name }) => name).join(', ')}.`,
    legendOffset: horizontal && options.rules?.length ? 26 : undefined,
    endSpace: horizontal && labelled ? VALUE_SPACE : undefined,
  });
}

function check({ value, categories, series, mark = 'bar', rules = [] }: BarFigureOptions): void {
  requireAxis(value);
  const [low, high] = value.domain ?? [0, 0];
  if (mark === 'bar' && (value.scale === 'log' || low > 0 || high < 0))
    throw new FacetError(
      'invalid',
      `axis "${value.label}" has no 0, where bars start; use mark "dot" or a linear axis with 0`,
    );
  requireNames('categories', categories, MAX_CATEGORIES);
  requireNames(
    'series',
    series.map(({ name }) => name),
    MAX_NAMES,
  );
  for (const { name, values } of series) {
    if (values.length !== categories.length)
      throw new FacetError(
        'invalid',
        `series "${name}" has ${values.length} values for ${categories.length} categories; use null where nothing was measured`,
      );
    for (const [i, one] of values.entries())
      if (one !== null) requireOnAxis(`series "${name}" at "${categories[i]}"`, one, value);
  }
  requireMarks('values', rowsOf({ categories, series }).length);
  for (const rule of rules) requireOnAxis(`rule "${rule.label}"`, rule.value, value);
}

function rowsOf({ categories, series }: Pick<BarFigureOptions, 'categories' | 'series'>) {
  return series.flatMap(({ name, values }) =>
    values.flatMap((value, i) => {
      if (value === null) return [];
      const row = { series: printable(name), category: printable(categories[i]), value };
      return [{ ...row, hover: `${row.category}, ${row.series}: ${shortNumber(value)}` }];
    }),
  );
}

function markLayer(options: BarFigureOptions): object {
  const { series, mark = 'bar', width = DEFAULT_WIDTH } = options;
  return {
    name: 'marks',
    data: { values: rowsOf(options) },
    mark: mark === 'bar' ? { type: 'bar', cornerRadiusEnd: 1.5 } : { type: 'point', size: 70, opacity: 0.9 },
    encoding: {
      ...positions(options),
      color: colorChannel('series', series, width),
      ...(mark === 'dot' ? { shape: shapeChannel('series', series, width) } : {}),
      description: { field: 'hover', type: 'nominal' },
    },
  };
}

/** The value at the end of its bar, outside. */
function valueLayer(options: BarFigureOptions): object {
  const values = rowsOf(options);
  const text = { field: 'value', type: 'quantitative', format: valueFormat(options.value, values) };
  const outside = (positive: unknown, negative: unknown) => ({
    expr: `datum.value < 0 ? ${JSON.stringify(negative)} : ${JSON.stringify(positive)}`,
  });
  const beside = options.horizontal
    ? { baseline: 'middle', align: outside('left', 'right'), dx: outside(4, -4) }
    : { align: 'center', baseline: outside('bottom', 'top'), dy: outside(-3, 3) };
  return {
    name: 'annotation_values',
    data: { values },
    mark: { type: 'text', fontSize: 11, color: SOFT_INK, aria: false, ...beside },
    encoding: { ...positions(options), text },
  };
}

/** The same decimals for all values of a figure: about three digits of the largest. */
function valueFormat({ format }: Axis, values: readonly { value: number }[]): string {
  if (format === 'percent') return '.0%';
  const largest = values.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
  if (values.every(({ value }) => Number.isInteger(value)) || largest >= 100) return ',.0f';
  return largest >= 10 ? '.1f' : largest >= 0.1 ? '.2f' : '.2~g';
}

function positions(options: BarFigureOptions) {
  const {
    categories,
    categoryLabel,
    series,
    horizontal = false,
    mark = 'bar',
    width = DEFAULT_WIDTH,
  } = options;
  const category = {
    field: 'category',
    type: 'nominal',
    title: categoryLabel === undefined ? null : printable(categoryLabel),
    scale: { type: 'band', domain: categories.map(printable), paddingInner: 0.22, paddingOuter: 0.12 },
    axis: {
      labelAngle: horizontal || labelsFit(categories, width) ? 0 : -35,
      labelOverlap: false,
      grid: mark === 'dot',
    },
  };
  const value = { ...valueChannel(options), field: 'value' };
  const offset =
    mark === 'bar' && series.length > 1
      ? { field: 'series', type: 'nominal', scale: { domain: series.map(({ name }) => printable(name)) } }
      : undefined;
  return horizontal
    ? { y: category, x: value, ...(offset ? { yOffset: offset } : {}) }
    : { x: category, y: value, ...(offset ? { xOffset: offset } : {}) };
}

/** Bars start at 0, so 0 belongs to their axis; a log axis has none. Values left of negative bars need room. */
function valueChannel(options: BarFigureOptions) {
  const { value, mark = 'bar', horizontal = false } = options;
  const channel = { ...positionChannel(value), stack: null };
  if (mark === 'dot' || value.domain || value.scale === 'log') return channel;
  const negative = rowsOf(options).some((row) => row.value < 0);
  const room = horizontal && negative && isLabelled(options) ? { padding: VALUE_SPACE } : {};
  return { ...channel, scale: { ...channel.scale, zero: true, ...room } };
}

function isLabelled({ mark = 'bar', series, categories }: BarFigureOptions): boolean {
  return mark === 'bar' && series.length * categories.length <= MAX_LABELLED_BARS;
}

function labelsFit(categories: readonly string[], width: number): boolean {
  const widest = Math.max(...categories.map((name) => textWidth(name, LABEL_SIZE)));
  return widest * categories.length < width * 0.8;
}

function ruleLayers(options: BarFigureOptions): object[] {
  const { rules = [], horizontal = false } = options;
  return rules.flatMap(({ value, label }, i) => {
    const { stack: _, ...channel } = valueChannel(options);
    const encoding = { [horizontal ? 'x' : 'y']: { ...channel, datum: value } };
    const place = horizontal
      ? { align: 'center', baseline: 'bottom', y: -5 }
      : { align: 'right', dx: -2, dy: -7, x: { expr: 'width' } };
    const text = { text: printable(label), fontSize: 11.5, color: SOFT_INK, aria: false };
    return [
      {
        name: `annotation_rule_${i}`,
        mark: { type: 'rule', color: SOFT_INK, strokeDash: [4, 3], aria: false },
        encoding,
      },
      { name: `annotation_${i}`, mark: { type: 'text', ...text, ...place }, encoding },
    ].map((layer) => ({ data: { values: [{}] }, ...layer }));
  });
}
