import type { Palette } from './palette.ts';
import { pad, textWidth } from './text-width.ts';

/** A label and its value; fields without a value are left out. */
export type Field = readonly [label: string, value: string | undefined];

/** Writes fields under each other with aligned values. */
export function renderFields(fields: readonly Field[], palette: Palette): string {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([label]) => textWidth(label)));
  return shown.map(([label, value]) => `${palette.dim(pad(label, width))}  ${value}`).join('\n');
}
