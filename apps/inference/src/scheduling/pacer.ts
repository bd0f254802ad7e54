import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that a loop in JavaScript holds the process before others get a turn, milliseconds. */
const MAX_HOLD_MS = 10;

/** Creates a function to await between pieces of long work: it lets others run when the work held on long enough. */
export function createPacer(signal: AbortSignal): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < MAX_HOLD_MS) return;
    await nextTurn();
    signal.throwIfAborted();
    sinceMs = performance.now();
  };
}
