import type { EngineSession } from '../engines/engine.ts';

/** Most rows that a threshold is calibrated on. */
export const CALIBRATION_ROWS = 16_384;

/** The rows to calibrate on. */
export interface CalibrationSample {
  /** Begins the same rows again at every call, in chunks [n, d_in] that fit one batch. */
  rows: () => AsyncIterable<Float32Array>;
  d_in: number;
}

/** What gives pre-activations: an engine, or an encoder of an SAE that was trained elsewhere. */
export type PreActivationSource = Pick<EngineSession, 'fill' | 'preActivations'>;

/** An SAE whose threshold is calibrated. */
export interface CalibrationTarget {
  /** Holds the final weights. */
  session: PreActivationSource;
  /** Features that shall fire per row, on average. */
  k: number;
}

/** A threshold and how many rows it was calibrated on. */
export interface Calibrated {
  threshold: number;
  rows: number;
}

/** Values of 16 bits. */
const BINS = 65_536;

/** One digit of 16 bits of a float: values whose bits above it equal `prefix` are counted by it. */
interface Digit {
  shift: number;
  prefixShift: number;
  prefix: number;
}

/**
 * Finds, for every target, the value that its pre-activations exceed k times per row on average: of n rows, the (n·k)-th
 * largest positive one, as BatchTopK selects it from a batch (Bussmann et al. 2024 §3); 0 where fewer are positive.
 * Exact: floats that are not negative are ordered as their bits are, so counting finds first the upper 16
 * bits of the value, then the lower 16. The rows are read twice, whatever the number of targets; memory does not grow
 * with them.
 */
export async function calibrateThresholds(
  targets: readonly CalibrationTarget[],
  sample: CalibrationSample,
): Promise<Calibrated[]> {
  if (targets.length === 0) return [];
  const upper = targets.map(({ session }) => counterOf(session, { shift: 16, prefixShift: 31, prefix: 0 }));
  const rows = await countDigits(upper, sample);
  const highs = upper.map(({ counts }, i) => fromTheTop(counts, rows * targets[i].k));
  const lower = highs.map(
    (high, i) => high && counterOf(targets[i].session, { shift: 0, prefixShift: 16, prefix: high.bin }),
  );
  await countDigits(
    lower.filter((counter) => counter !== undefined),
    sample,
  );
  return highs.map((high, i) => {
    if (high === undefined) return { threshold: 0, rows };
    const low = fromTheTop(lower[i]!.counts, high.rank)!;
    const [threshold] = new Float32Array(Uint32Array.of((high.bin << 16) | low.bin).buffer);
    return { threshold, rows };
  });
}

/** How often each value of a digit came up among a session's pre-activations. */
interface DigitCounter {
  session: PreActivationSource;
  digit: Digit;
  counts: Float64Array;
}

function counterOf(session: PreActivationSource, digit: Digit): DigitCounter {
  return { session, digit, counts: new Float64Array(BINS) };
}

/** Counts the digits of all sessions over one reading; returns the number of rows. */
async function countDigits(
  counters: readonly DigitCounter[],
  { rows: read, d_in }: CalibrationSample,
): Promise<number> {
  if (counters.length === 0) return 0;
  let rows = 0;
  for await (const chunk of read()) {
    const chunkRows = chunk.length / d_in;
    rows += chunkRows;
    for (const { session, digit, counts } of counters) {
      session.fill(chunk, 0);
      for await (const block of session.preActivations(chunkRows)) {
        countBlock(counts, new Uint32Array(block.buffer, block.byteOffset, block.length), digit);
      }
    }
  }
  return rows;
}

function countBlock(counts: Float64Array, bits: Uint32Array, { shift, prefixShift, prefix }: Digit): void {
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] >>> prefixShift === prefix) counts[(bits[i] >>> shift) & (BINS - 1)]++;
  }
}

/** Finds the bin of the `rank`-th largest value, and the rank within it; undefined where there are fewer. */
function fromTheTop(counts: Float64Array, rank: number): { bin: number; rank: number } | undefined {
  let left = rank;
  for (let bin = BINS - 1; bin >= 0; bin--) {
    if (left <= counts[bin]) return { bin, rank: left };
    left -= counts[bin];
  }
  return undefined;
}
