import type { FacetErrorKind } from '@facet/errors';

/** What the tokenizer thread is started with. */
export interface TokenizerThreadData {
  /** The model directory. */
  directory: string;
}

/** Texts to encode, answered in order. */
export interface EncodeCall {
  id: number;
  texts: readonly string[];
  addSpecial: boolean;
}

export interface EncodeReply {
  id: number;
  outcome:
    | { ids: Int32Array; lengths: number[] }
    | { kind: FacetErrorKind; message: string; reason: string }
    | { bug: string };
}
