import type { RunProgress } from './run-record.ts';

/** Time over which the rate is measured. */
const RATE_WINDOW_MS = 5000;

/** Counts the work of a run, stage by stage, and says how fast it goes. */
export interface ProgressMeter {
  begin(stage: string, total: number, unit: string): void;
  advance(units: number): void;
  read(): RunProgress;
}

/** Creates a meter; `now` gives milliseconds. */
export function createProgressMeter(now: () => number): ProgressMeter {
  let stage = { stage: 'starting', total: 0, unit: 'tokens' };
  let done = 0;
  let samples: { at: number; done: number }[] = [];

  function rateAt(at: number): number {
    const first = samples.find((sample) => sample.at >= at - RATE_WINDOW_MS) ?? samples.at(-1);
    if (first === undefined || at <= first.at) return 0;
    return ((done - first.done) * 1000) / (at - first.at);
  }

  return {
    begin(name, total, unit) {
      stage = { stage: name, total, unit };
      done = 0;
      samples = [{ at: now(), done: 0 }];
    },
    advance(units) {
      done += units;
      const at = now();
      samples = [...samples.filter((sample) => sample.at >= at - RATE_WINDOW_MS), { at, done }];
    },
    read() {
      const rate = rateAt(now());
      const eta = rate > 0 ? { etaSeconds: Math.max(0, stage.total - done) / rate } : {};
      return { ...stage, done, rate, ...eta };
    },
  };
}
