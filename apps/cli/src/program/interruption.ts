import { dieOfSignal, SIGNAL_EXIT_CODES } from '@facet/mesh';

/** A way to be interrupted: `signal` aborts at the first SIGINT or SIGTERM; the second one exits the process at once. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Exit code of the signal that came, once one came. */
  exitCode(): number | undefined;
  dispose(): void;
}

/** Cleaning up gets this long; a service that hangs must not keep the terminal, milliseconds. */
const MAX_CLEANUP_MS = 30_000;

/** Listens for Ctrl-C and SIGTERM; `say` tells the person that the first one was understood. */
export function listenForInterruption(say: (line: string) => void): Interruption {
  const controller = new AbortController();
  let code: number | undefined;
  const onSignal = (name: keyof typeof SIGNAL_EXIT_CODES) => {
    if (code !== undefined) dieOfSignal(name);
    code = SIGNAL_EXIT_CODES[name];
    setTimeout(() => dieOfSignal(name), MAX_CLEANUP_MS).unref();
    say('stopping; press Ctrl-C again to exit at once');
    controller.abort(new Error(`received ${name}`));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    exitCode: () => code,
    dispose: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
