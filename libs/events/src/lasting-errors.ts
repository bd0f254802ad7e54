import { type FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';

/** Kinds of errors that another attempt at a job would only repeat. */
export const LASTING_KINDS: ReadonlySet<FacetErrorKind> = new Set([
  'invalid',
  'precondition',
  'not-found',
  'unimplemented',
  'data-loss',
]);

/** Whether no repetition of a job cures the error: a full disk does not empty itself either. */
export function isLasting(error: unknown): error is FacetError {
  return isFacetError(error) && (LASTING_KINDS.has(error.kind) || error.reason === 'DISK_FULL');
}
