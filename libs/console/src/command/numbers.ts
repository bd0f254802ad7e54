import { FacetError } from '@facet/errors';

/** Bounds of a number given on the command line, both inclusive. */
export interface Bounds {
  min: number;
  max: number;
}

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Reads a whole number such as `500000`, `500_000`, `500k` or `2M` within bounds; `option` is named in the error. */
export function parseCount(text: string, option: string, { min, max }: Bounds): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)([kmg]?)$/i.exec(text.trim());
  const value = match
    ? Number(match[1]!.replaceAll('_', '')) * MULTIPLES[match[2]!.toLowerCase()]!
    : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new FacetError(
    'invalid',
    `${option} ${quote(text)} must be a whole number from ${min} to ${max}, such as 500000 or 500k`,
  );
}

/** Reads a finite number within bounds. */
export function parseDecimal(text: string, option: string, { min, max }: Bounds): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new FacetError('invalid', `${option} ${quote(text)} must be a number from ${min} to ${max}`);
}

/** Reads an unsigned 64-bit seed. */
export function parseSeed(text: string, option: string): bigint {
  const value = /^\d{1,20}$/.test(text.trim()) ? BigInt(text.trim()) : -1n;
  if (value >= 0n && value < 2n ** 64n) return value;
  throw new FacetError('invalid', `${option} ${quote(text)} must be a whole number from 0 to 2^64 - 1`);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
