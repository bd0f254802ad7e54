import { FacetError, quote } from '@facet/errors';

/** Throws `invalid` naming the field unless `value` is an integer in [min, max]. */
export function requireInteger(field: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  const message = `${field} is ${value}; it must be an integer from ${min} to ${max}`;
  throw new FacetError('invalid', message, { field: `spec.${field}` });
}

/** Throws `invalid` naming the field unless `value` is finite and in [min, max]. */
export function requireRange(field: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  const message = `${field} is ${value}; it must be a finite number from ${min} to ${max}`;
  throw new FacetError('invalid', message, { field: `spec.${field}` });
}

/** Throws `invalid` naming the field unless `value` is one of `choices`. */
export function requireChoice(field: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  const message = `${field} is ${quote(value)}; it must be one of ${choices.join(', ')}`;
  throw new FacetError('invalid', message, { field: `spec.${field}` });
}
