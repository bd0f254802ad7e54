/**
 * What went wrong, in the words of the domain. Each kind maps to one gRPC status (see libs/mesh):
 * `invalid` the caller's input is wrong; `not-found` the named thing does not exist; `exists` it exists already;
 * `precondition` the system is not in a state for it (wrong lineage, not ready, unsupported model);
 * `exhausted` a stated limit is reached (memory, disk, queue); `aborted` lost against a concurrent change;
 * `cancelled` the caller or an operator stopped it; `unavailable` a peer is not there, a retry may help;
 * `data-loss` a stored artifact is corrupt; `unimplemented` known, but not supported here.
 */
export type FacetErrorKind =
  | 'invalid'
  | 'not-found'
  | 'exists'
  | 'precondition'
  | 'exhausted'
  | 'aborted'
  | 'cancelled'
  | 'unavailable'
  | 'data-loss'
  | 'unimplemented';

export interface FacetErrorOptions {
  /** The error that caused this one; logged whole, never sent to a caller. */
  cause?: unknown;
  /** Machine-readable reason in UPPER_SNAKE_CASE, sent as `ErrorInfo.reason`. @default the kind, upper-cased */
  reason?: string;
  /** The request field at fault, in proto spelling ("prompt", "features[0].index"), for `invalid` errors. */
  field?: string;
  /** Further facts for machines (at most a few short strings), sent as `ErrorInfo.metadata`. */
  metadata?: Readonly<Record<string, string>>;
}

/** The one error type of domain code. Its message names the offending value and the remedy. */
export class FacetError extends Error {
  override readonly name = 'FacetError';
  readonly kind: FacetErrorKind;
  readonly reason: string;
  readonly field: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;

  constructor(kind: FacetErrorKind, message: string, options: FacetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.reason = options.reason ?? kind.toUpperCase().replaceAll('-', '_');
    this.field = options.field;
    this.metadata = options.metadata ?? {};
  }
}

/** Tells whether `error` is a FacetError, also when it was made by another copy of this module. */
export function isFacetError(error: unknown): error is FacetError {
  return error instanceof Error && error.name === 'FacetError' && 'kind' in error;
}
