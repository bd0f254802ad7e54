/** How documents become contexts. */
export interface PackingRules {
  /** Tokens of a context, BOS included. */
  contextTokens: number;
  /** Begins every context; null where the model has none. */
  bosTokenId: number | null;
  /** Stands between two documents of one context; null for nothing. */
  separatorTokenId: number | null;
  /** Rows of a partition, a multiple of `contextTokens`. */
  partitionTokens: number;
  /** Rows in all; 0 for no limit. */
  maxTokens: number;
}

/** Packed contexts, ready to run. */
export interface PackedPartition {
  /** [rows], context after context. */
  tokenIds: Int32Array;
  /** [rows], the document of every token; BOS and separator belong to the document that follows. */
  documents: Int32Array;
  /** Tokens of every context; all but the very last are `contextTokens` long. */
  lengths: Int32Array;
}

export interface Packer {
  /** Rows packed so far. */
  readonly rows: number;
  /** Documents begun so far. */
  readonly documents: number;
  /** Whether `maxTokens` is reached: what is pushed from now on is ignored. */
  readonly full: boolean;
  /** Packs the tokens of a section; returns the partitions that became full. */
  push(tokens: Int32Array, beginsDocument: boolean): PackedPartition[];
  /** Returns the rest as a last partition, its last context shorter than the others. */
  end(): PackedPartition[];
}

/**
 * Packs documents one after another into contexts [BOS, tokens...] of exactly `contextTokens`. Inside a
 * context a
 * separator (BOS, where the model has one) stands before every document but the first; a document that does
 * not fit
 * continues in the next context, after its BOS. This is SAELens's packing, and how TinyStories models were
 * trained.
 */
export function createPacker(rules: PackingRules): Packer {
  const { contextTokens, bosTokenId, separatorTokenId, partitionTokens, maxTokens } = rules;
  let tokenIds = new Int32Array(partitionTokens);
  let documentOf = new Int32Array(partitionTokens);
  let lengths: number[] = [];
  let filled = 0;
  let column = 0;
  let rows = 0;
  let document = -1;
  let wantsDocument = true;

  const room = () => Math.min(contextTokens - column, maxTokens === 0 ? contextTokens : maxTokens - rows);
  const take = (): PackedPartition[] => {
    if (column > 0) lengths.push(column);
    const partition = {
      tokenIds: tokenIds.subarray(0, filled),
      documents: documentOf.subarray(0, filled),
      lengths: Int32Array.from(lengths),
    };
    tokenIds = new Int32Array(partitionTokens);
    documentOf = new Int32Array(partitionTokens);
    lengths = [];
    column = 0;
    filled = 0;
    return partition.tokenIds.length === 0 ? [] : [partition];
  };
  const append = (tokens: ArrayLike<number>): PackedPartition[] => {
    tokenIds.set(tokens, filled);
    documentOf.fill(document, filled, filled + tokens.length);
    filled += tokens.length;
    rows += tokens.length;
    column += tokens.length;
    if (column === contextTokens && filled < partitionTokens) {
      lengths.push(contextTokens);
      column = 0;
    }
    return filled === partitionTokens ? take() : [];
  };
  /**
   * Puts what stands before the next token: BOS at the start of a context, else the separator of a new
   * document.
   */
  const lead = (beginsDocument: boolean): PackedPartition[] => {
    if (column === 0) return bosTokenId === null ? [] : append([bosTokenId]);
    return beginsDocument && separatorTokenId !== null ? append([separatorTokenId]) : [];
  };
  const isFull = () => maxTokens !== 0 && rows === maxTokens;
  return {
    get rows() {
      return rows;
    },
    get documents() {
      return document + 1;
    },
    get full() {
      return isFull();
    },
    push(tokens, beginsDocument) {
      const partitions: PackedPartition[] = [];
      wantsDocument ||= beginsDocument;
      let begins = wantsDocument;
      if (tokens.length > 0 && begins && !isFull()) document++;
      for (let done = 0; done < tokens.length && !isFull(); ) {
        partitions.push(...lead(begins));
        begins = false;
        // A separator may have filled the context: then the next one begins with its BOS.
        if (column === 0 && bosTokenId !== null) continue;
        const part = tokens.subarray(done, done + room());
        partitions.push(...append(part));
        done += part.length;
        wantsDocument = false;
      }
      return partitions;
    },
    end: take,
  };
}
