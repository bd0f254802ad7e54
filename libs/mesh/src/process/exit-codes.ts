import { type FacetErrorKind, isFacetError } from '@facet/errors';

/** Exit codes of every Facet process: what a script can tell apart. */
export const EXIT_CODES = {
  OK: 0,
  /** The work failed, or a defect of Facet. */
  FAILED: 1,
  /** The command line, the configuration or other input is wrong. */
  USAGE: 2,
  /** The input is right, but the system is not in a state for it: not found, exists already, not ready. */
  PRECONDITION: 3,
  /** A service, NATS or ClickHouse is not there. */
  UNAVAILABLE: 4,
  /** A limit is reached: disk, memory, queue. */
  EXHAUSTED: 5,
  /** A stored artifact is corrupt. */
  DATA_LOSS: 6,
  /** Ctrl-C. */
  INTERRUPTED: 130,
  /** SIGTERM. */
  TERMINATED: 143,
} as const;

/** Exit codes of processes that a signal ended before they were done. */
export const SIGNAL_EXIT_CODES = { SIGINT: EXIT_CODES.INTERRUPTED, SIGTERM: EXIT_CODES.TERMINATED } as const;

const EXIT_CODE_OF_KIND: Readonly<Record<FacetErrorKind, number>> = {
  invalid: EXIT_CODES.USAGE,
  'not-found': EXIT_CODES.PRECONDITION,
  exists: EXIT_CODES.PRECONDITION,
  precondition: EXIT_CODES.PRECONDITION,
  aborted: EXIT_CODES.PRECONDITION,
  unimplemented: EXIT_CODES.PRECONDITION,
  unavailable: EXIT_CODES.UNAVAILABLE,
  exhausted: EXIT_CODES.EXHAUSTED,
  'data-loss': EXIT_CODES.DATA_LOSS,
  cancelled: EXIT_CODES.INTERRUPTED,
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  return isFacetError(error) ? EXIT_CODE_OF_KIND[error.kind] : EXIT_CODES.FAILED;
}
