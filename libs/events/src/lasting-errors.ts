import { type FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';

/** Kinds of errors that another attempt at a job would only repeat. */
export const LASTING_KINDS: ReadonlySet<FacetErrorKind> = new Set([
  'invalid',
  'precondition',
  'not-found',
  'unimplemented',
  'data-loss',
]);

/**
 * Reason of the error with which a handler says that another worker has its job by now. The delivery is neither
 * acknowledged nor given back, for either would reach the other worker's; if there is none, it comes again when its
 * lease runs out.
 */
export const JOB_TAKEN_OVER = 'JOB_TAKEN_OVER';

/** Whether no repetition of a job cures the error: a full disk does not empty itself either. */
export function isLasting(error: unknown): error is FacetError {
  return isFacetError(error) && (LASTING_KINDS.has(error.kind) || error.reason === 'DISK_FULL');
}
