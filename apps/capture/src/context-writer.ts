/** Packed contexts, ready to run. */
export interface PackedPartition {
  /** [rows], context after context. */
  tokenIds: Int32Array;
  /** [rows], the document of every token; BOS and separator belong to the document that follows. */
  documents: Int32Array;
  /** Tokens of every context. */
  lengths: Int32Array;
}

/** Sizes that a context and a partition never exceed. */
export interface ContextLimits {
  contextTokens: number;
  /** At least `contextTokens`. */
  partitionTokens: number;
}

/** Lays contexts out in partitions. */
export interface ContextWriter {
  /** Tokens of the open context. */
  readonly column: number;
  /** Adds tokens of `document` to the open context, which has room for them; a full context is closed. */
  append(tokens: ArrayLike<number>, document: number): void;
  /** Closes the open context, if it holds anything. */
  closeContext(): void;
  /** Gives out the partitions that were completed since the last call. */
  take(): PackedPartition[];
  /** Closes what is open and gives out the rest. */
  end(): PackedPartition[];
}

/** Creates a writer; a partition is complete as soon as a context of full length may not fit any more. */
export function createContextWriter({ contextTokens, partitionTokens }: ContextLimits): ContextWriter {
  let complete: PackedPartition[] = [];
  let tokenIds = new Int32Array(partitionTokens);
  let documents = new Int32Array(partitionTokens);
  let lengths: number[] = [];
  let rows = 0;
  let column = 0;

  const closePartition = () => {
    if (rows === 0) return;
    complete.push({
      tokenIds: tokenIds.subarray(0, rows),
      documents: documents.subarray(0, rows),
      lengths: Int32Array.from(lengths),
    });
    tokenIds = new Int32Array(partitionTokens);
    documents = new Int32Array(partitionTokens);
    lengths = [];
    rows = 0;
  };
  const closeContext = () => {
    if (column > 0) lengths.push(column);
    column = 0;
    if (rows + contextTokens > partitionTokens) closePartition();
  };
  const take = () => {
    const taken = complete;
    complete = [];
    return taken;
  };
  return {
    get column() {
      return column;
    },
    append(tokens, document) {
      tokenIds.set(tokens, rows);
      documents.fill(document, rows, rows + tokens.length);
      rows += tokens.length;
      column += tokens.length;
      if (column === contextTokens) closeContext();
    },
    closeContext,
    take,
    end() {
      closeContext();
      closePartition();
      return take();
    },
  };
}
