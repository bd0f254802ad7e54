import {
  type ContextLimits,
  createContextWriter,
  type OpenPartition,
  type PackedPartition,
} from './context-writer.ts';

/** How documents become contexts of at most `contextTokens` (BOS included), and partitions. */
export interface PackingRules extends ContextLimits {
  /** Begins every context; null where the model has none. */
  bosTokenId: number | null;
  /** Stands between two documents of one context; null for nothing. */
  separatorTokenId: number | null;
  /** Rows in all; 0 for no limit. */
  maxTokens: number;
  /** Whether every document begins a context of its own. */
  separateDocuments: boolean;
}

/** Where a packer stands between two sections: with it, another one goes on. */
export interface PackerState {
  rows: number;
  documents: number;
  awaitsDocument: boolean;
  open: OpenPartition;
}

/** Packs the documents of a corpus. */
export interface Packer {
  /** Rows packed so far. */
  readonly rows: number;
  /** Documents begun so far. */
  readonly documents: number;
  /** Whether `maxTokens` is reached: what is pushed from now on is ignored. */
  readonly full: boolean;
  /** Packs the tokens of a section; returns the partitions that it completes. */
  push(tokens: Int32Array, beginsDocument: boolean): PackedPartition[];
  state(): PackerState;
  /** Returns the rest as a last partition. */
  end(): PackedPartition[];
}

/**
 * Packs documents into contexts [BOS, tokens...]; a document that does not fit goes on in the next context, after
 * its BOS. Separate documents begin a context each. Else they follow one another in contexts of exactly
 * `contextTokens`, only the very last shorter, and inside a context a separator (BOS, where the model has one)
 * stands before every document but the first: SAELens's packing, and how TinyStories models were trained.
 */
export function createPacker(rules: PackingRules, from?: PackerState): Packer {
  const { contextTokens, bosTokenId, separatorTokenId, maxTokens, separateDocuments } = rules;
  const writer = createContextWriter(rules, from?.open);
  let rows = from?.rows ?? 0;
  let document = (from?.documents ?? 0) - 1;
  let awaitsDocument = from?.awaitsDocument ?? true;

  const rowsLeft = () => (maxTokens === 0 ? Number.POSITIVE_INFINITY : maxTokens - rows);
  const put = (tokens: ArrayLike<number>) => {
    writer.append(tokens, document);
    rows += tokens.length;
  };
  const beginDocument = () => {
    document++;
    awaitsDocument = false;
    if (writer.column === 0) return;
    if (separateDocuments) writer.closeContext();
    else if (separatorTokenId !== null) put([separatorTokenId]);
  };
  /** Puts as many of the tokens as the context takes, BOS first at its start; returns how many. */
  const fill = (tokens: Int32Array): number => {
    if (writer.column === 0 && bosTokenId !== null) put([bosTokenId]);
    const part = tokens.subarray(0, Math.min(contextTokens - writer.column, rowsLeft()));
    put(part);
    return part.length;
  };
  return {
    get rows() {
      return rows;
    },
    get documents() {
      return document + 1;
    },
    get full() {
      return rowsLeft() === 0;
    },
    push(tokens, beginsDocument) {
      awaitsDocument ||= beginsDocument;
      if (tokens.length === 0 || rowsLeft() === 0) return [];
      if (awaitsDocument) beginDocument();
      for (let done = 0; done < tokens.length && rowsLeft() > 0; ) done += fill(tokens.subarray(done));
      return writer.take();
    },
    state: () => ({ rows, documents: document + 1, awaitsDocument, open: writer.open() }),
    end: writer.end,
  };
}
