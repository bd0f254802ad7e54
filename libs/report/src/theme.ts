import type { Config } from 'vega-lite';
import { FIGURE_FONT } from './text-width.ts';

/** Colours that stay apart for colour-blind readers (after Okabe and Ito 2008), on white and on black; the order is that of use. */
export const PALETTE = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#8a63d2',
  '#a0662b',
  '#6f9a1e',
  '#c23b55',
] as const;

/** Colour of what is only there to be compared with. */
export const MUTED = '#8b929c';

/** Point shapes, in step with `PALETTE`: groups differ in shape as well as in colour. */
export const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'circle',
  'square',
  'triangle-up',
  'diamond',
] as const;

export const INK = '#1f2430';
export const SOFT_INK = '#566070';
const GRID = '#e4e7ec';
const LINE = '#aab1bc';

export const LABEL_SIZE = 12;
export const TITLE_SIZE = 15;
/** Longest category label shown whole, px. */
const LABEL_LIMIT = 260;

/** How every figure looks. */
export const THEME: Config = {
  background: 'white',
  font: FIGURE_FONT,
  aria: true,
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'bounds',
    fontSize: TITLE_SIZE,
    fontWeight: 'bold',
    color: INK,
    offset: 14,
  },
  axis: {
    labelColor: SOFT_INK,
    labelFontSize: LABEL_SIZE,
    labelLimit: LABEL_LIMIT,
    titleColor: INK,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    titlePadding: 10,
    gridColor: GRID,
    domainColor: LINE,
    tickColor: LINE,
    tickSize: 4,
  },
  axisQuantitative: { tickCount: 7 },
  axisBand: { grid: false, ticks: false, labelPadding: 6 },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    labelColor: INK,
    labelFontSize: LABEL_SIZE,
    labelLimit: 0,
    titleColor: SOFT_INK,
    titleFontSize: LABEL_SIZE,
    titleFontWeight: 'normal',
    symbolSize: 90,
    symbolStrokeWidth: 2.25,
    columnPadding: 18,
    rowPadding: 4,
    offset: 10,
  },
  line: { strokeWidth: 2.25, strokeJoin: 'round', strokeCap: 'butt' },
  point: { filled: true, opacity: 1 },
  header: { labelColor: INK, labelFontSize: 13, titleColor: SOFT_INK, labelPadding: 6 },
};
