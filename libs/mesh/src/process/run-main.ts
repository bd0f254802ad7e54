import { type FacetError, isFacetError } from '@facet/errors';
import { dieOfSignal } from './die-of-signal.ts';
import { EXIT_CODES, exitCodeOf, type SIGNAL_EXIT_CODES } from './exit-codes.ts';
import { guardProcess } from './guard-process.ts';
import { createLogger } from './logger.ts';

/** Something that runs until it is stopped. */
export interface Stoppable {
  stop(graceMs?: number): Promise<void>;
}

/** The text of an error for a person: one line for expected errors, the stack for bugs. */
export function describeFailure(error: unknown): string {
  if (isFacetError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export interface RunMainOptions {
  /** Name of the service in the log line of an error that nobody caught. @default facet */
  service?: string;
  /** Time that open work gets to finish after the first signal, milliseconds. @default 10000 */
  graceMs?: number;
}

const DEFAULT_GRACE_MS = 10_000;

/**
 * Runs a service process: starts it, stops it gracefully on the first SIGTERM or SIGINT (exit 0), dies at once of the
 * second (143 or 130 for a shell), and ends with one clear line and the error's exit code when it cannot start. Once it
 * has started, an error that nobody catches is logged and does not end it, unless memory has run out. `signal` aborts
 * when a signal comes while it still starts.
 */
export async function runMain(
  start: (signal: AbortSignal) => Promise<Stoppable>,
  { service = 'facet', graceMs = DEFAULT_GRACE_MS }: RunMainOptions = {},
): Promise<void> {
  const stopping = new AbortController();
  const stopRequested = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const onSignal = (name: keyof typeof SIGNAL_EXIT_CODES) => {
    if (stopping.signal.aborted) dieOfSignal(name);
    stopping.abort(new Error(`received ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const running = await start(stopping.signal);
    const failure = await Promise.race([stopRequested, fatalError(service)]);
    await running.stop(graceMs);
    if (failure !== undefined) throw failure;
    process.exit(EXIT_CODES.OK);
  } catch (error) {
    if (stopping.signal.aborted && isFacetError(error) && error.kind === 'cancelled')
      process.exit(EXIT_CODES.OK);
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** Guards the process from now on; resolves with an error after which it cannot go on. */
function fatalError(service: string): Promise<FacetError> {
  return new Promise((onFatal) => guardProcess({ logger: createLogger({ service }), onFatal }));
}
