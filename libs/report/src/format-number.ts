import { FacetError } from '@facet/errors';

const SIGNIFICANT_DIGITS = 3;
/** Below this, and from `LARGE` on, numbers are written with a power of ten. */
const SMALL = 1e-4;
const LARGE = 1e9;

/** Writes a number for a reader: whole ones with separators, others with three significant digits or the decimals asked for. */
export function formatNumber(value: number, decimals?: number): string {
  if (!Number.isFinite(value))
    throw new FacetError(
      'invalid',
      `a report cannot show the number ${value}; use null where nothing was measured`,
    );
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALL || size >= LARGE))
    return minus(value.toExponential(SIGNIFICANT_DIGITS - 1));
  if (Number.isInteger(value)) return minus(value.toLocaleString('en-US'));
  if (decimals !== undefined) return minus(value.toFixed(decimals));
  return minus(value.toLocaleString('en-US', { maximumSignificantDigits: wholeDigitsKept(size) }));
}

/** All digits before the point count: 1234.5 is shown as 1,235, not as 1,230. */
function wholeDigitsKept(size: number): number {
  return Math.max(SIGNIFICANT_DIGITS, Math.floor(Math.log10(size)) + 1);
}

function minus(text: string): string {
  return text.replaceAll('-', '\u2212');
}
