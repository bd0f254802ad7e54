import type { EngineSession } from './engine.ts';

/** Most rows that a threshold is calibrated on. */
export const CALIBRATION_ROWS = 16_384;

export interface Calibration {
  /** Holds the final weights. */
  session: EngineSession;
  /** Begins the same rows again at every call, in chunks [n, d_in] that fit one batch. */
  rows: () => AsyncIterable<Float32Array>;
  d_in: number;
  /** Features that shall fire per row, on average. */
  k: number;
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
 * Finds the value that pre-activations exceed k times per row on average: of n rows, the (n·k)-th largest
 * positive one, as BatchTopK selects it from a batch (Bussmann et al. 2024 §3); 0 where fewer are positive.
 * Exact: floats that are not negative are ordered as their bits are, so counting finds first the upper 16
 * bits of the value, then the lower 16. The rows are read twice; memory does not grow with them.
 */
export async function calibrateThreshold(
  calibration: Calibration,
): Promise<{ threshold: number; rows: number }> {
  const upper = await countDigits(calibration, { shift: 16, prefixShift: 31, prefix: 0 });
  const { rows } = upper;
  const high = fromTheTop(upper.counts, rows * calibration.k);
  if (high === undefined) return { threshold: 0, rows };
  const lower = await countDigits(calibration, { shift: 0, prefixShift: 16, prefix: high.bin });
  const low = fromTheTop(lower.counts, high.rank)!;
  const [threshold] = new Float32Array(Uint32Array.of((high.bin << 16) | low.bin).buffer);
  return { threshold, rows };
}

async function countDigits(
  { session, rows: read, d_in }: Calibration,
  digit: Digit,
): Promise<{ counts: Float64Array; rows: number }> {
  const counts = new Float64Array(BINS);
  let rows = 0;
  for await (const chunk of read()) {
    session.fill(chunk, 0);
    const chunkRows = chunk.length / d_in;
    rows += chunkRows;
    for await (const block of session.preActivations(chunkRows)) {
      countBlock(counts, new Uint32Array(block.buffer, block.byteOffset, block.length), digit);
    }
  }
  return { counts, rows };
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
