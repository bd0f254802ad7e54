import { printable } from './escape.ts';
import type { Axis, Rule } from './figure.ts';
import { textWidth } from './text-width.ts';
import { LABEL_SIZE, MUTED, PALETTE, SHAPES, SOFT_INK } from './theme.ts';

/** Labels of log axes: powers stay short, and ticks that the scale leaves blank stay blank. */
const LOG_LABELS =
  "datum.label == '' ? '' : abs(datum.value) >= 1e5 || abs(datum.value) < 1e-3 ? format(datum.value, '.0e') : format(datum.value, ',~r')";
/** Grid lines at powers of ten and at labelled ticks are stronger than those between. */
const EVEN_TICK = "datum.label != ''";
const SHORT_LABELS =
  "datum.label == '' ? '' : abs(datum.value) >= 1000 ? format(datum.value, '.3~s') : format(datum.value, '~r')";

/** Where labels of vertical rules stand, px below the upper edge of the plot. */
const RULE_LABEL_Y = -5;
/** Width of a legend entry beside its text, px. */
const LEGEND_SYMBOL_WIDTH = 48;

/** Writes an axis as a Vega-Lite position channel; the caller adds `field` or `datum`. */
export function positionChannel(axis: Axis) {
  return {
    type: 'quantitative',
    title: printable(axis.label),
    scale: positionScale(axis),
    axis: {
      labelFlush: false,
      ...(axis.ticks ? { values: axis.ticks, tickCount: axis.ticks.length, labelOverlap: false } : {}),
      ...(axis.scale === 'log'
        ? { gridOpacity: { condition: { test: EVEN_TICK, value: 1 }, value: 0.35 } }
        : {}),
      ...labelFormat(axis),
    },
  };
}

function positionScale({ scale: type = 'linear', base = 10, domain }: Axis) {
  const extent = domain ? { domain, nice: false } : { nice: type !== 'log' };
  if (type === 'log') return { type, base, ...extent };
  return { type, ...extent, ...(type === 'linear' && !domain ? { zero: false } : {}) };
}

function labelFormat({ format, scale }: Axis) {
  if (format === 'percent') return { format: '~%' };
  if (format === 'short') return { labelExpr: SHORT_LABELS };
  return scale === 'log' ? { labelExpr: LOG_LABELS } : {};
}

/** One named thing that has a colour. */
export interface Named {
  name: string;
  muted?: boolean;
}

/** Colours by name; muted ones are grey and use up no colour. */
export function colorsOf(named: readonly Named[]): string[] {
  let next = 0;
  return named.map(({ muted }) => (muted ? MUTED : PALETTE[next++ % PALETTE.length]));
}

/** The colour channel of a set of names, with a legend in as many columns as fit (none for a single name). */
export function colorChannel(field: string, named: readonly Named[], width: number) {
  const names = named.map(({ name }) => printable(name));
  return {
    field,
    type: 'nominal',
    scale: { domain: names, range: colorsOf(named) },
    legend: names.length < 2 ? null : { title: null, columns: legendColumns(names, width) },
  };
}

/** The shape channel that goes with `colorChannel`. */
export function shapeChannel(field: string, named: readonly Named[], width: number) {
  const { scale, ...channel } = colorChannel(field, named, width);
  return { ...channel, scale: { domain: scale.domain, range: SHAPES.slice(0, named.length) } };
}

function legendColumns(names: readonly string[], width: number): number {
  const widest = Math.max(...names.map((name) => textWidth(name, LABEL_SIZE)));
  return Math.max(1, Math.min(names.length, Math.floor(width / (widest + LEGEND_SYMBOL_WIDTH))));
}

/** Layers that draw labelled reference lines: labels of vertical ones stand above the plot, of horizontal ones at its right end. */
export function ruleLayers(rules: readonly Rule[], x: Axis, y: Axis): object[] {
  return rules.flatMap((rule, i) => {
    const encoding =
      rule.x === undefined
        ? { y: { ...positionChannel(y), datum: rule.y } }
        : { x: { ...positionChannel(x), datum: rule.x } };
    const text = { text: printable(rule.label), fontSize: 11.5, color: SOFT_INK, aria: false };
    return [
      {
        name: `annotation_rule_${i}`,
        mark: { type: 'rule', color: SOFT_INK, strokeDash: [4, 3], aria: false },
        encoding,
      },
      { name: `annotation_${i}`, mark: { type: 'text', ...text, ...besideRule(rule) }, encoding },
    ].map((layer) => ({ data: { values: [{}] }, ...layer }));
  });
}

function besideRule({ x }: Rule): object {
  if (x === undefined) return { align: 'right', dx: -2, dy: -7, x: { expr: 'width' } };
  const align = { expr: `scale('x', ${x}) > width / 2 ? 'right' : 'left'` };
  return { align, baseline: 'bottom', y: RULE_LABEL_Y };
}

/** Room between a plot and the legend above it, px: more where labels of vertical rules stand there. */
export function legendOffset(rules: readonly Rule[]): number {
  return rules.some(({ x }) => x !== undefined) ? 26 : 10;
}

/** Writes a number for a hover title: whole numbers whole, others with four digits. */
export function shortNumber(value: number): string {
  return Number.isInteger(value) ? value.toString() : String(Number(value.toPrecision(4)));
}
