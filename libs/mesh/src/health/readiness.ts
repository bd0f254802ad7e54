import { linkSignals } from '../linked-signal.ts';
import type { Logger } from '../process/logger.ts';

/** Something that a server needs to answer its calls: another service, a database, a queue, steps that end. */
export interface ReadinessCheck {
  /** What is needed, such as `clickhouse`; in logs. */
  readonly name: string;
  /** Full names of the gRPC services that need it. @default all of the server */
  readonly services?: readonly string[];
  /** Returns when it is there, throws what is wrong. One call at a time; `signal` aborts when it takes too long. */
  check(signal: AbortSignal): Promise<void> | void;
}

export interface ReadinessOptions {
  checks: readonly ReadinessCheck[];
  logger: Logger;
  /** Called when a check has another outcome than before. */
  onChange: () => void;
  /** Pause between two calls of a check, milliseconds. @default 2000 */
  intervalMs?: number;
  /** A check that takes longer has failed, milliseconds; long enough for a machine at work. @default 10000 */
  timeoutMs?: number;
}

/** The outcomes of the checks of one server. */
export interface Readiness {
  /** Names of what is missing for a service; for the whole server when none is named. */
  missing(service?: string): string[];
  /** Resolves when every check has been made once. */
  readonly known: Promise<void>;
  stop(): void;
}

const INTERVAL_MS = 2_000;
const TIMEOUT_MS = 10_000;

/** Makes the checks again and again until it is stopped; what is not known yet is missing. */
export function watchReadiness(options: ReadinessOptions): Readiness {
  const { checks } = options;
  const failed = new Set(checks);
  const stopping = new AbortController();
  const known = checks.map((check) => {
    const { promise, resolve } = deferred();
    void repeat(check, { ...options, failed, stopped: stopping.signal, onKnown: resolve });
    return promise;
  });
  return {
    missing: (service) => [...failed].filter((check) => concerns(check, service)).map(({ name }) => name),
    known: Promise.all(known).then(() => undefined),
    stop: () => stopping.abort(),
  };
}

function concerns({ services }: ReadinessCheck, service: string | undefined): boolean {
  return service === undefined || services === undefined || services.includes(service);
}

interface Repetition extends ReadinessOptions {
  failed: Set<ReadinessCheck>;
  stopped: AbortSignal;
  onKnown: () => void;
}

async function repeat(check: ReadinessCheck, repetition: Repetition): Promise<void> {
  const { failed, stopped, onKnown, onChange, logger, intervalMs = INTERVAL_MS } = repetition;
  let before: string | undefined;
  while (!stopped.aborted) {
    const problem = await problemOf(check, repetition);
    if (stopped.aborted) break;
    if (problem === undefined) failed.delete(check);
    else failed.add(check);
    if (problem !== undefined && before === undefined)
      logger.warn({ needs: check.name, problem }, 'not ready');
    if (problem === undefined && before !== undefined) logger.info({ needs: check.name }, 'ready again');
    before = problem;
    onChange();
    onKnown();
    await pause(intervalMs, stopped);
  }
  onKnown();
}

/** What is wrong; undefined when nothing is. */
async function problemOf(
  { check }: ReadinessCheck,
  { timeoutMs = TIMEOUT_MS, stopped }: Repetition,
): Promise<string | undefined> {
  const { signal, timedOut, dispose } = linkSignals([stopped], timeoutMs);
  const ended = new Promise<string>((resolve) => {
    const tell = () => resolve(timedOut() ? `no answer within ${timeoutMs} ms` : 'the server stops');
    signal.addEventListener('abort', tell, { once: true });
  });
  const checked = async () => {
    try {
      await check(signal);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  try {
    return await Promise.race([checked(), ended]);
  } finally {
    dispose();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
