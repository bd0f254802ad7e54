import { FacetError } from '@facet/errors';
import { colorChannel, legendOffset, positionChannel, ruleLayers, shortNumber } from './channels.ts';
import { printable } from './escape.ts';
import { type Axis, DEFAULT_WIDTH, type Figure, type FigureOptions, type Rule } from './figure.ts';
import { MAX_NAMES, requireAxis, requireNames, requireOnAxis, requireRules } from './figure-checks.ts';
import { renderFigure } from './render-figure.ts';

const DEFAULT_BINS = 40;
const MAX_BINS = 400;
const HISTOGRAM_HEIGHT = 280;
const COUNT: Axis = { label: 'count' };

export interface HistogramFigureOptions extends FigureOptions {
  /** A log axis has bins of equal ratio. */
  x: Axis;
  /** @default the count */
  y?: Axis;
  series: readonly { name: string; values: readonly number[]; muted?: boolean }[];
  /** Bins over the axis' domain. @default 40 */
  bins?: number;
  rules?: readonly Rule[];
  /** Height of the plot, px. @default 280 */
  height?: number;
}

/** Counts values into bins, the same for all series, and draws the counts. */
export async function histogramFigure(options: HistogramFigureOptions): Promise<Figure> {
  check(options);
  const { series, rules = [], width = DEFAULT_WIDTH, height = HISTOGRAM_HEIGHT } = options;
  const y = options.y ?? COUNT;
  const edges = edgesOf(options);
  const x: Axis = { ...options.x, domain: [edges[0], edges[edges.length - 1]] };
  const bars = series.flatMap(({ name, values }) => barsOf(name, countInto(edges, values, x), edges));
  return renderFigure(options, {
    spec: {
      width,
      height,
      autosize: { type: 'fit-x', contains: 'padding' },
      layer: [barLayer(bars, { ...options, x, y }), ...ruleLayers(rules, x, y)],
    },
    legendOffset: legendOffset(rules),
    description: `Histogram of ${x.label} in ${edges.length - 1} bins: ${series.map(({ name }) => name).join(', ')}.`,
  });
}

function check({ x, y, series, rules = [], bins = DEFAULT_BINS }: HistogramFigureOptions): void {
  requireAxis(x);
  if (y) requireAxis(y);
  if (x.scale === 'symlog' || y?.scale === 'log')
    throw new FacetError('invalid', 'a histogram has a linear or log x axis, and a y axis that starts at 0');
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= MAX_BINS))
    throw new FacetError('invalid', `bins is ${bins}; it must be a whole number from 1 to ${MAX_BINS}`);
  requireNames(
    'series',
    series.map(({ name }) => name),
    MAX_NAMES,
  );
  for (const { name, values } of series) {
    if (values.length === 0) throw new FacetError('invalid', `series "${name}" has no values; leave it out`);
    for (const value of values) requireOnAxis(`a value of series "${name}"`, value, x);
  }
  requireRules(rules, x, y ?? COUNT);
}

/** The bins' edges: equal steps, or equal ratios on a log axis, over all values and rules. */
function edgesOf({ x, series, rules = [], bins = DEFAULT_BINS }: HistogramFigureOptions): number[] {
  const shown = [series.map(({ values }) => extentOf(values)), rules.map((rule) => rule.x ?? [])].flat(2);
  const [low, high] = x.domain ?? widened(extentOf(shown), x);
  const [from, to] = x.scale === 'log' ? [Math.log(low), Math.log(high)] : [low, high];
  const inner = Array.from({ length: bins - 1 }, (_, i) => from + ((i + 1) / bins) * (to - from));
  return [low, ...inner.map((edge) => (x.scale === 'log' ? Math.exp(edge) : edge)), high];
}

function extentOf(values: readonly number[]): [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** An interval of no width gets one, so that a single value has a bin. */
function widened([low, high]: [number, number], { scale }: Axis): [number, number] {
  if (low < high) return [low, high];
  return scale === 'log' ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
}

function countInto(edges: readonly number[], values: readonly number[], x: Axis): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  const place = x.scale === 'log' ? Math.log : (value: number) => value;
  const [from, to] = [place(edges[0]), place(edges[edges.length - 1])];
  for (const value of values) {
    const bin = Math.floor(((place(value) - from) / (to - from)) * counts.length);
    counts[Math.min(bin, counts.length - 1)] += 1;
  }
  return counts;
}

function barsOf(name: string, counts: readonly number[], edges: readonly number[]) {
  return counts.flatMap((count, i) => {
    const [from, to] = [edges[i], edges[i + 1]];
    const hover = `${printable(name)}, ${shortNumber(from)} to ${shortNumber(to)}: ${count}`;
    return count === 0 ? [] : [{ series: printable(name), from, to, count, hover }];
  });
}

function barLayer(
  values: object[],
  { x, y, series, width = DEFAULT_WIDTH }: HistogramFigureOptions & { y: Axis },
) {
  const count = positionChannel(y);
  return {
    name: 'bars',
    data: { values },
    mark: { type: 'rect', opacity: series.length > 1 ? 0.6 : 0.9, stroke: 'white', strokeWidth: 0.5 },
    encoding: {
      x: { ...positionChannel(x), field: 'from' },
      x2: { field: 'to' },
      y: { ...count, field: 'count', stack: null, scale: { ...count.scale, zero: true } },
      y2: { datum: 0 },
      color: colorChannel('series', series, width),
      description: { field: 'hover', type: 'nominal' },
    },
  };
}
