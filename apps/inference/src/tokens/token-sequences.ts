/** Token sequences, one after another: sequence i is `ids[starts[i], starts[i] + lengths[i])`. */
export interface TokenSequences {
  ids: Int32Array;
  lengths: readonly number[];
  starts: readonly number[];
}

/** Joins sequences. */
export function joinSequences(sequences: readonly ArrayLike<number>[]): TokenSequences {
  const lengths = sequences.map(({ length }) => length);
  const joined = splitSequences(new Int32Array(lengths.reduce((sum, length) => sum + length, 0)), lengths);
  sequences.forEach((sequence, index) => {
    joined.ids.set(sequence, joined.starts[index]!);
  });
  return joined;
}

/** Views `ids` as sequences of `lengths`, which sum to its length. */
export function splitSequences(ids: Int32Array, lengths: readonly number[]): TokenSequences {
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += length;
  }
  return { ids, lengths, starts };
}

/** The token ids of sequence `index`, viewed. */
export function sequenceAt({ ids, lengths, starts }: TokenSequences, index: number): Int32Array {
  return ids.subarray(starts[index], starts[index]! + lengths[index]!);
}
