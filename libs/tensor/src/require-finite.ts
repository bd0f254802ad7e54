import { FacetError } from '@facet/errors';

/** Throws `invalid` naming the first NaN or infinity of `values`; `what` names the tensor and its file. */
export function requireFinite(values: Float32Array, what: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Only NaN and the infinities differ from zero when subtracted from themselves.
    if (value - value !== 0)
      throw new FacetError('invalid', `${what} holds ${value} at index ${i}; every value must be finite`, {
        reason: 'NON_FINITE_VALUE',
      });
  }
}
