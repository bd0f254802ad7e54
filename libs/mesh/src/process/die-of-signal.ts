import { SIGNAL_EXIT_CODES } from './exit-codes.ts';

/**
 * Ends the process at once by the signal itself, which a shell or a container runtime sees as 130 or 143. process.exit
 * would wait for compute threads, and stopping those in the middle of native code aborts the process.
 */
export function dieOfSignal(name: keyof typeof SIGNAL_EXIT_CODES): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
  // Only the first process of a container comes here: no signal that it does not listen for ends it.
  process.exit(SIGNAL_EXIT_CODES[name]);
}
