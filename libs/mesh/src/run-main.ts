import { type FacetErrorKind, isFacetError } from '@facet/errors';

/** Something that runs until it is stopped. */
export interface Stoppable {
  stop(graceMs?: number): Promise<void>;
}

/** Exit codes of every Facet process, by kind of error; 130 and 143 are SIGINT and SIGTERM that did not wait. */
export const EXIT_CODES: Readonly<Record<FacetErrorKind | 'ok' | 'internal', number>> = {
  ok: 0,
  internal: 1,
  invalid: 2,
  'not-found': 3,
  exists: 4,
  precondition: 5,
  exhausted: 6,
  aborted: 7,
  unavailable: 8,
  'data-loss': 9,
  unimplemented: 10,
  cancelled: 130,
};

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
  return isFacetError(error) ? EXIT_CODES[error.kind] : EXIT_CODES.internal;
}

/** The text of an error for a person: one line for expected errors, the stack for bugs. */
export function describeFailure(error: unknown): string {
  if (isFacetError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export interface RunMainOptions {
  /** Time that open work gets to finish after the first signal, milliseconds. @default 10000 */
  graceMs?: number;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Runs a service process: starts it, stops it gracefully on the first SIGTERM or SIGINT (exit 0), exits at once with
 * 143 or 130 on the second, and ends with one clear line and the error's exit code when it cannot start. `signal`
 * aborts when a signal comes while it still starts.
 */
export async function runMain(
  start: (signal: AbortSignal) => Promise<Stoppable>,
  { graceMs = DEFAULT_GRACE_MS }: RunMainOptions = {},
): Promise<void> {
  const stopping = new AbortController();
  const stopRequested = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onSignal = (name: keyof typeof SIGNAL_EXIT_CODES) => {
    if (stopping.signal.aborted) process.exit(SIGNAL_EXIT_CODES[name]);
    stopping.abort(new Error(`received ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const running = await start(stopping.signal);
    await stopRequested;
    await running.stop(graceMs);
    process.exit(EXIT_CODES.ok);
  } catch (error) {
    if (stopping.signal.aborted && isFacetError(error) && error.kind === 'cancelled')
      process.exit(EXIT_CODES.ok);
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}
