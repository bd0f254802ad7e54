/** Memory that a recipe wants besides weights, batch and one block of pre-activations. */
export interface CpuPlan {
  /** Entries that can be held while they are selected. */
  candidates: number;
  /** Places of every row's entries; 0: entries of rows follow each other. */
  stride: number;
  /** Selected entries that can be decoded, projected and sorted at a time. */
  entries: number;
  /** Entries per row of the auxiliary term; 0: there is none. */
  auxiliary: number;
  /** Residuals of a batch that are held at a time, at least 1. */
  errors: number;
  /** Places in every row's entries that are kept besides where they begin and end (matryoshka). */
  bounds: number;
  /** Whether blocks may be decoded dense. */
  dense: boolean;
  /** Whether entries carry a second activation (gated). */
  gate: boolean;
}

/** Sizes that a plan depends on; d_sae is padded. */
export interface PlanSizes {
  d_sae: number;
  batch: number;
  blockRows: number;
}

/** What the arrays of a workspace are as long as. */
export interface CpuSizes {
  /** As configured, without padding. */
  d_in: number;
  features: number;
  /** Padded d_in and d_sae. */
  width: number;
  d_sae: number;
  batch: number;
  blockRows: number;
  /** Names of the recipe's own parameters. */
  vectors: readonly string[];
  plan: CpuPlan;
  /** Whether threads share the work, each encoding blocks of its own. */
  threaded: boolean;
  /** How many threads there are, the engine's own included, and how many work on one product. */
  threads: number;
  productThreads: number;
}
