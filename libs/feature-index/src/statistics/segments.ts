/** Rows of an activation set as an indexer reads them: where every row comes from. */
export interface CorpusRows {
  /** Row of the activation set that row 0 is. */
  firstRow: number;
  tokenIds: Int32Array;
  documents: Int32Array;
  positions: Int32Array;
  /** 1 for BOS and special tokens: left out of everything, and a border of examples. */
  special: Uint8Array;
}

/**
 * Yields the end of every segment of `rows` rows, in order: segments are stretches of consecutive positions of one document;
 * special tokens are segments of their own kind, so that no segment mixes them with others.
 */
export function* segmentEnds({ documents, positions, special }: CorpusRows, rows: number): Generator<number> {
  for (let row = 1; row < rows; row += 1) {
    const continues =
      documents[row] === documents[row - 1] &&
      positions[row] === positions[row - 1] + 1 &&
      (special[row] !== 0) === (special[row - 1] !== 0);
    if (!continues) yield row;
  }
  if (rows > 0) yield rows;
}
