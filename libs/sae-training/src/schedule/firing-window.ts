import type { EngineState } from '../engines/engine.ts';

/**
 * Counts how features fire while training goes on: which are dead by now, and how often each fires near the
 * end.
 */
export interface FiringWindow {
  /** Takes in the rows in which each feature fired during one step of `rows` rows. */
  note(firings: Uint32Array, rows: number): void;
  /** Features, ascending, that have been silent for the whole window by now. */
  dead(): Uint32Array;
  deadFraction(): number;
  /**
   * log10 of the share of rows in which each feature fired over the last window; −10 for none, as SAELens
   * writes it.
   */
  log10Frequency(): Float32Array;
  /** Rows in which each feature fired over the last window, and the rows of that window so far. */
  firings(): { counts: Float64Array; rows: number };
  /** Everything that `note` changes, as views. */
  state(): EngineState;
}

export interface FiringWindowOptions {
  d_sae: number;
  /** Rows without firing after which a feature is dead. */
  windowRows: number;
  /** Rows of the whole run. */
  totalRows: number;
}

/** What log10 of a frequency of zero is written as. */
const LOG10_NEVER = -10;

/** Starts counting before the first step; memory is 16 bytes per feature. */
export function createFiringWindow({ d_sae, windowRows, totalRows }: FiringWindowOptions): FiringWindow {
  const silentRows = new Float64Array(d_sae);
  const counts = new Float64Array(d_sae);
  // In one array, for checkpoints: rows seen, rows counted, dead features.
  const totals = new Float64Array(3);
  return {
    note(firings, rows) {
      totals[0] += rows;
      const counting = totals[0] > totalRows - windowRows;
      if (counting) totals[1] += rows;
      totals[2] = 0;
      for (let i = 0; i < d_sae; i++) {
        silentRows[i] = firings[i] > 0 ? 0 : silentRows[i] + rows;
        if (counting) counts[i] += firings[i];
        if (silentRows[i] >= windowRows) totals[2]++;
      }
    },
    dead() {
      const dead = new Uint32Array(totals[2]);
      let at = 0;
      for (let i = 0; i < d_sae; i++) if (silentRows[i] >= windowRows) dead[at++] = i;
      return dead;
    },
    deadFraction: () => totals[2] / d_sae,
    log10Frequency: () =>
      Float32Array.from(counts, (count) => (count > 0 ? Math.log10(count / totals[1]) : LOG10_NEVER)),
    firings: () => ({ counts: counts.slice(), rows: totals[1] }),
    state: () =>
      new Map([
        ['silent_rows', silentRows],
        ['counts', counts],
        ['totals', totals],
      ]),
  };
}
