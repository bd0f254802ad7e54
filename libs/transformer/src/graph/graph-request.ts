/** What a graph reads, edits and answers: its variant. Two equal requests are one compiled session. */
export interface GraphRequest {
  /**
   * `context`: whole contexts from position 0, no cache. `cache`: T positions appended to an in-place KV
   * cache.
   */
  attention: 'context' | 'cache';
  /**
   * With `context`: parts into which the positions are cut, each attending only to the keys up to its own
   * end, which leaves most of the masked triangle uncomputed. Needs at least `causalBlocks` squared
   * positions. 1 with `cache`.
   */
  causalBlocks: number;
  /** Hook points whose rows are outputs; with `context` also patterns of attention. */
  hookPoints: readonly string[];
  activationDtype: 'F32' | 'F16';
  /** Hook points that take interventions. */
  interventions: readonly string[];
  /** Hook points whose rows are given; interventions at the same hook point change what was given. */
  replacements: readonly Replacement[];
  /**
   * `none`: the graph stops at the last hook point or port. `residual`: also the final residual stream [B*T,
   * d_model] before the last norm. `logits`: also next-token logits [K, d_vocab] of the rows named by
   * `logit_rows`.
   */
  head: 'none' | 'residual' | 'logits';
}

/** A hook point from which the model goes on with given rows. */
export interface Replacement {
  hookPoint: string;
  /** Whether a mask says which rows are given; without, all are, and nothing that only led to them is computed. */
  masked: boolean;
}

/**
 * Names of graph inputs and outputs; shapes in brackets, B rows, T positions, P allocated cache positions.
 */
export const NAMES = {
  /** I32 [B, T] */
  tokens: 'tokens',
  /** I64 [B, T], only with a cache: the position of each token in its row. */
  positions: 'positions',
  /** I32 [B], only with a cache: tokens of each row after this step, minus one. */
  lastPosition: 'last_position',
  /** I32 scalar, only with a cache: the largest number of tokens of a row after this step. */
  totalLength: 'total_length',
  /** I64 [K], for head `logits`: indices into the B*T rows. */
  logitRows: 'logit_rows',
  /** F32 [B*T, d_model] */
  finalResidual: 'final_residual',
  /** F32 [K, d_vocab] */
  logits: 'logits',
} as const;

/**
 * The cache tensors [B, n_kv_heads, P, d_head] of one layer: the same memory is given as past and as present.
 */
export function cacheNames(layer: number): { past: string; present: string }[] {
  return ['key', 'value'].map((part) => ({
    past: `past.${layer}.${part}`,
    present: `present.${layer}.${part}`,
  }));
}

/** Inputs of the port at hook point `name`; n features. */
export function interventionInputs(name: string) {
  return {
    /** F32 [n, d] */
    W_enc_rows: `${name}.W_enc_rows`,
    /** F32 [n] */
    b_enc: `${name}.b_enc`,
    /** F32 [n] */
    threshold: `${name}.threshold`,
    /** F32 [n, d] */
    W_dec_rows: `${name}.W_dec_rows`,
    /** F32 [B, 1, n] */
    scale: `${name}.scale`,
    /** F32 [B, 1, n] */
    offset: `${name}.offset`,
    /** I64 [B, 1, n] */
    gateFeature: `${name}.gate_feature`,
    /** F32 [B, 1, n] */
    gateThreshold: `${name}.gate_threshold`,
    /** F32 [B, T, m], m = 1 or n */
    mask: `${name}.mask`,
  };
}

/** Inputs of the replacement at hook point `name`. */
export function replacementInputs(name: string) {
  return {
    /** F32 [B, T, d] */
    rows: `${name}.replacement`,
    /** I32 [B, T, 1], where masked: 1 goes on with the given row, 0 with the model's own. */
    mask: `${name}.replacement_mask`,
  };
}

/** Outputs of the port at hook point `name`. */
export function interventionOutputs(name: string) {
  return {
    /** F32 [B, T, n] */
    fBefore: `${name}.f_before`,
    /** F32 [B, T, n] */
    fAfter: `${name}.f_after`,
    /** F32 [B, T] */
    deltaNorm: `${name}.delta_norm`,
    /** F32 [B, T] */
    xNorm: `${name}.x_norm`,
  };
}
