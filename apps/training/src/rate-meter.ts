/** Measures a rate over the last few seconds. */
export interface RateMeter {
  /**
   * Notes how far things are at `nowMs` and returns units per second over the window; 0 before it can tell.
   */
  note(done: number, nowMs: number): number;
}

const WINDOW_MS = 3_000;

/** Starts a meter; it keeps the notes of the last three seconds. */
export function createRateMeter(): RateMeter {
  const notes: { done: number; atMs: number }[] = [];
  return {
    note(done, nowMs) {
      notes.push({ done, atMs: nowMs });
      while (notes.length > 2 && nowMs - notes[1].atMs >= WINDOW_MS) notes.shift();
      const elapsedMs = nowMs - notes[0].atMs;
      return elapsedMs > 0 ? ((done - notes[0].done) * 1000) / elapsedMs : 0;
    },
  };
}
