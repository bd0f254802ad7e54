import { createRateMeter } from '@facet/mesh/rate-meter';
import type { RunProgress } from './run-record.ts';

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
  let speed = createRateMeter();
  return {
    begin(name, total, unit) {
      stage = { stage: name, total, unit };
      done = 0;
      speed = createRateMeter();
      speed.measure(0, now());
    },
    advance(units) {
      done += units;
      speed.measure(done, now());
    },
    read() {
      const rate = speed.measure(done, now());
      const eta = rate > 0 ? { etaSeconds: Math.max(0, stage.total - done) / rate } : {};
      return { ...stage, done, rate, ...eta };
    },
  };
}
