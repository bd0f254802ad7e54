/** Rates are taken over this long, so that they follow changes and do not jump. */
const WINDOW_MS = 5_000;

/** Measures units per second over the last few seconds. */
export interface RateMeter {
  /** Notes that `done` units were done by `nowMs`, and returns the rate; 0 before the second measurement. */
  measure(done: number, nowMs: number): number;
}

/** Creates a meter. */
export function createRateMeter(): RateMeter {
  const samples: { done: number; atMs: number }[] = [];
  return {
    measure(done, nowMs) {
      samples.push({ done, atMs: nowMs });
      while (samples.length > 2 && samples[1]!.atMs <= nowMs - WINDOW_MS) samples.shift();
      const { done: before, atMs } = samples[0]!;
      return nowMs > atMs ? Math.max(0, ((done - before) / (nowMs - atMs)) * 1000) : 0;
    },
  };
}
