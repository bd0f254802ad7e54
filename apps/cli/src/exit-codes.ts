import { type FacetErrorKind, isFacetError } from '@facet/errors';

/** Exit codes of `facet`: what a script can tell apart. A second Ctrl-C exits with INTERRUPTED at once. */
export const EXIT = {
  OK: 0,
  /** The work failed, or a defect of Facet. */
  FAILED: 1,
  /** The command line or other input is wrong. */
  USAGE: 2,
  /** The input is right, but the system is not in a state for it: not found, exists already, not ready. */
  PRECONDITION: 3,
  /** A service, NATS or ClickHouse is not there. */
  UNAVAILABLE: 4,
  /** A limit is reached: disk, memory, queue. */
  EXHAUSTED: 5,
  /** A stored artifact is corrupt. */
  DATA_LOSS: 6,
  /** Ctrl-C, after cleaning up. */
  INTERRUPTED: 130,
  /** SIGTERM, after cleaning up. */
  TERMINATED: 143,
} as const;

const EXIT_OF_KIND: Readonly<Record<FacetErrorKind, number>> = {
  invalid: EXIT.USAGE,
  'not-found': EXIT.PRECONDITION,
  exists: EXIT.PRECONDITION,
  precondition: EXIT.PRECONDITION,
  aborted: EXIT.PRECONDITION,
  unimplemented: EXIT.PRECONDITION,
  unavailable: EXIT.UNAVAILABLE,
  exhausted: EXIT.EXHAUSTED,
  'data-loss': EXIT.DATA_LOSS,
  cancelled: EXIT.INTERRUPTED,
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  return isFacetError(error) ? EXIT_OF_KIND[error.kind] : EXIT.FAILED;
}
