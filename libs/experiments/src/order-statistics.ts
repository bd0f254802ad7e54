import { FacetError } from '@facet/errors';

/** Arithmetic mean; refuses an empty list. */
export function mean(values: readonly number[]): number {
  requireValues(values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Arithmetic mean; 0 where there are no values, as for a share of nothing. */
export function meanOrZero(values: readonly number[]): number {
  return values.length === 0 ? 0 : mean(values);
}

/** The middle value, or the mean of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lies, linear between neighbours (type 7 of Hyndman and Fan). */
export function quantile(values: readonly number[], share: number): number {
  requireValues(values);
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

function requireValues(values: readonly number[]): void {
  if (values.length > 0) return;
  throw new FacetError('invalid', 'there are no values to summarise; give at least one');
}
