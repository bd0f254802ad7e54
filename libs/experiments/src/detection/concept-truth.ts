/** One mention of a concept: rows `first` to `last`, in groups such as `name`, `paraphrase`, `en`. */
export interface ConceptMention {
  readonly first: number;
  readonly last: number;
  readonly groups: readonly string[];
}

/** What is true about one concept in n rows of tokens. */
export interface ConceptTruth {
  /** 1 where the row belongs to the concept [n]. */
  readonly isTrue: Uint8Array;
  /** 1 where the row counts: BOS and special tokens do not [n]. */
  readonly isCounted: Uint8Array;
  /** Every mention that a detector should notice. */
  readonly mentions: readonly ConceptMention[];
}

/** How well a detector with a threshold finds a concept. */
export interface Detection {
  readonly threshold: number;
  /** Rows above the threshold. */
  readonly fired: number;
  /** Share of the rows above the threshold that belong to the concept; 0 when none is. */
  readonly precision: number;
  /** Share of the mentions with at least one row above the threshold; 0 when there are none. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
}
