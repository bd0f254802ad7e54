import { FacetError } from '@facet/errors';

/** Throws `cancelled` once `signal` has aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new FacetError('cancelled', 'the computation was cancelled', { cause: signal.reason });
}
