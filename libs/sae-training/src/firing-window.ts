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
  let seen = 0;
  let counted = 0;
  let deadCount = 0;
  return {
    note(firings, rows) {
      seen += rows;
      const counting = seen > totalRows - windowRows;
      if (counting) counted += rows;
      deadCount = 0;
      for (let i = 0; i < d_sae; i++) {
        silentRows[i] = firings[i] > 0 ? 0 : silentRows[i] + rows;
        if (counting) counts[i] += firings[i];
        if (silentRows[i] >= windowRows) deadCount++;
      }
    },
    dead() {
      const dead = new Uint32Array(deadCount);
      let at = 0;
      for (let i = 0; i < d_sae; i++) if (silentRows[i] >= windowRows) dead[at++] = i;
      return dead;
    },
    deadFraction: () => deadCount / d_sae,
    log10Frequency: () =>
      Float32Array.from(counts, (count) => (count > 0 ? Math.log10(count / counted) : LOG10_NEVER)),
  };
}
