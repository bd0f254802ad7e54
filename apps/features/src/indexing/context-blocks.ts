/** Rows [start, end). */
export interface Block {
  start: number;
  end: number;
}

/**
 * Cuts rows into blocks of about `target` rows that begin where a context begins (position 0), so that no context is split;
 * a context longer than `target` is a block of its own.
 */
export function* contextBlocks(positions: Int32Array, rows: number, target: number): Generator<Block> {
  for (let start = 0, end = 0; start < rows; start = end) {
    end = lastBorder(positions, start, Math.min(start + target, rows), rows);
    yield { start, end };
  }
}

/** The last context border in (start, wanted], or the first behind it. */
function lastBorder(positions: Int32Array, start: number, wanted: number, rows: number): number {
  const isBorder = (row: number) => row >= rows || positions[row] === 0;
  for (let end = wanted; end > start; end -= 1) if (isBorder(end)) return end;
  let end = wanted + 1;
  while (!isBorder(end)) end += 1;
  return end;
}
