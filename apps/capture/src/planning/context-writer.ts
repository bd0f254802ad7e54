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

/** What a writer has not given out yet: with it, another one goes on where it stands. */
export interface OpenPartition {
  /** [rows] */
  tokenIds: Int32Array;
  /** [rows] */
  documents: Int32Array;
  /** Tokens of the closed contexts. */
  lengths: number[];
  /** Tokens of the open context. */
  column: number;
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
  /** Tells what is open, between two calls of `take`. */
  open(): OpenPartition;
  /** Closes what is open and gives out the rest. */
  end(): PackedPartition[];
}

/**
 * Creates a writer, from what another one had open; a partition is complete as soon as a context of full length may not fit
 * any more.
 */
export function createContextWriter(
  { contextTokens, partitionTokens }: ContextLimits,
  from?: OpenPartition,
): ContextWriter {
  let complete: PackedPartition[] = [];
  let tokenIds = new Int32Array(partitionTokens);
  let documents = new Int32Array(partitionTokens);
  let lengths = [...(from?.lengths ?? [])];
  let rows = from?.tokenIds.length ?? 0;
  let column = from?.column ?? 0;
  tokenIds.set(from?.tokenIds ?? []);
  documents.set(from?.documents ?? []);

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
    open: () => ({
      tokenIds: tokenIds.slice(0, rows),
      documents: documents.slice(0, rows),
      lengths: [...lengths],
      column,
    }),
    end() {
      closeContext();
      closePartition();
      return take();
    },
  };
}
