/** A byte-level BPE tokenizer: ids are special tokens, then the 256 bytes, then what the merges make. */
export interface TokenizerModel {
  /** By id from 0; the first begins a document, the second ends one. */
  readonly specialTokens: readonly string[];
  /** Every token by id, written as in `tokenizer.json`: one printable character per byte. */
  readonly tokens: readonly string[];
  /** Pairs of ids by rising rank; a lower rank is merged first. */
  readonly merges: readonly (readonly [number, number])[];
}

/** Begin of a document, end of a document, padding: ids 0, 1, 2. */
export const SPECIAL_TOKENS: readonly string[] = ['<|bos|>', '<|eos|>', '<|pad|>'];
/** The token that begins every document. */
export const BOS_ID = 0;
/** The token that ends every document. */
export const EOS_ID = 1;
