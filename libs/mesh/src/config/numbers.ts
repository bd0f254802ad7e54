import { FacetError } from '@facet/errors';

/** Turns a 64-bit count into a number; `invalid` above 2^53 − 1, which a number cannot tell from its neighbours. */
export function safeCount(value: bigint, field: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  const message = `${field} is ${value}; it must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
  throw new FacetError('invalid', message, { field });
}

/** Checks that a value is a number from `min` to `max`; NaN is none. */
export function requireWithin(
  value: number,
  { min, max }: { min: number; max: number },
  field: string,
): void {
  if (value >= min && value <= max) return;
  throw new FacetError('invalid', `${field} is ${value}; it must be a number from ${min} to ${max}`, {
    field,
  });
}
