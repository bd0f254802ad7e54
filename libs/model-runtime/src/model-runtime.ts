import type { FloatDType } from '@facet/tensor';
import type { HookPoint, ModelSpec, Quantization } from '@facet/transformer';
import type { DrawnToken } from '@facet/transformer/sampling';
import type { MemoryAccount, MemoryCount } from './memory/memory-budget.ts';
import type { RowSampler } from './sessions/session-protocol.ts';

/**
 * One loaded model: the only place of Facet where a language model runs.
 *
 * Shapes: B rows (`batch`), T positions, n features of one port, d the width of a hook point, V the
 * vocabulary. All arrays are row-major and flat. Nothing is truncated: what does not fit is refused with both
 * numbers. Calls may overlap; each is computed alone.
 */
export interface ModelRuntime {
  readonly spec: ModelSpec;
  readonly identity: ModelIdentity;
  /** Every hook point, in the order of computation. */
  readonly hookPoints: readonly HookPoint[];
  /** What was ignored of the directory's files, in sentences. */
  readonly warnings: readonly string[];
  /** What the model holds in memory now. */
  memory(): ModelMemory;
  /** Runs whole contexts without a cache: activations, logits and scores of B rows at once. */
  forward(request: ForwardRequest): Promise<ForwardResult>;
  /** Scores tokens under two residual streams that `forward` gave, and tells how far their predictions lie apart. */
  compareScores(request: ComparisonRequest): Promise<ScoreComparison>;
  /** Opens a batch of B sequences that share one preallocated KV cache. */
  openGeneration(request: GenerationRequest): Promise<Generation>;
  /** Scores `directions` [rows, d_model] against every vocabulary entry: logits [rows, V]. */
  projectToVocabulary(request: ProjectionRequest): Promise<Float32Array>;
  /** Releases every session; later calls are refused with `precondition`. */
  close(): Promise<void>;
}

/** Hashes that bind artifacts to this model (see Lineage). */
export interface ModelIdentity {
  /**
   * sha256 over the weight files, lower-case hex; for a single file that file's own sha256. Quantized weights
   * have one of their own.
   */
  modelSha256: string;
  /** sha256 of `tokenizer.json`, lower-case hex. */
  tokenizerSha256: string;
  /** Of the weights as they are stored; `modelSha256` is another one where they are quantized. */
  storedModelSha256: string;
}

/** Memory of a model, bytes. */
export interface ModelMemory {
  /** All weight files. */
  fileBytes: number;
  /** The copy of the weights that sessions map; 0 where they map the files. It is shared, and no private memory. */
  copyBytes: number;
  /** Private memory as it is counted, by what for. */
  held: MemoryCount;
  /** Private memory as it is counted for all models of the process together. */
  heldByAll: number;
  /** Most that this may come to. */
  limit: number;
}

export interface ModelRuntimeOptions {
  /** Threads that compute at once over the whole runtime. @default the number of cores */
  threads?: number;
  /** Most compiled graph programs kept; the least recently used one is released. @default 8 */
  maxSessions?: number;
  /** The account of what the model holds. @default one of its own, of half the memory that the process may have */
  memory?: MemoryAccount;
  /** Bytes for the KV caches of all open generations. @default 2 GiB */
  maxCacheBytes?: number;
  /** Longest time that a compute thread may take to answer; then it is replaced. @default 600000 ms */
  maxRunMs?: number;
  /** Folder of the F32 copies of weights that are stored otherwise. @default facet/weights in the user's cache */
  weightCopies?: string;
  /** Bytes of all copies in that folder; the least recently used that nobody maps are removed. @default 64 GiB */
  maxWeightCopyBytes?: number;
  /** Holds the matrices of the blocks in whole numbers; the model is then another one, with a hash of its own. @default as stored */
  quantization?: Quantization;
  /** File in which is remembered what a reading of all weights found, for the next start. @default nothing is remembered */
  checksFile?: string;
  /** Cancels loading. */
  signal?: AbortSignal;
}

export interface ForwardRequest {
  /** Token ids [B*T]; rows shorter than T are padded on the right with any valid id, for example 0. */
  tokens: Int32Array;
  /** B. T follows as tokens.length / batch and may not exceed `spec.n_ctx`. */
  batch: number;
  /** Tokens of each row that count, 1..T. @default T for every row */
  lengths?: ArrayLike<number>;
  /** Hook points to read; without logits and scores the model stops at the last one. @default none */
  hookPoints?: readonly string[];
  /** How activations come back; F16 is rounded to nearest even inside the graph, BF16 in its thread. @default 'F32' */
  activationDtype?: FloatDType;
  /** Interventions, at most one per hook point. @default none */
  interventions?: readonly BatchIntervention[];
  /** Rows to go on with, at most one record per hook point; edits at the same place change them. @default none */
  replacements?: readonly BatchReplacement[];
  /** Whether to give back the residual stream before the final norm. @default false */
  residual?: boolean;
  /**
   * Next-token logits of each row's last token (`last`, [B, V]), of every position (`all`, [B*T, V]).
   * @default 'none'
   */
  logits?: 'none' | 'last' | 'all';
  /** Whether to score each token given the ones before it. @default false */
  scores?: boolean;
  signal?: AbortSignal;
}

export interface ForwardResult {
  batch: number;
  positions: number;
  /** Hook point name -> rows; a hook point that was edited gives the edited rows. */
  activations: ReadonlyMap<string, Activations>;
  /** [B, V] or [B*T, V]; rows of padding are meaningless. Absent for 'none'. */
  logits?: Float32Array;
  /** Present when asked for. */
  scores?: TokenScores;
  /** [B*T, d_model]; present when asked for. */
  residual?: Float32Array;
  /** One per record of `interventions`, in the same order. */
  proofs: readonly BatchProof[];
}

/**
 * Rows [B*T, width]: `Float32Array` for F32, the raw bits for F16 and BF16. Rows of padding are
 * meaningless.
 */
export interface Activations {
  dtype: FloatDType;
  width: number;
  data: Float32Array | Uint16Array;
}

/**
 * Entries [B*T]; entry (b, t) is about token t of row b given the tokens before it: NaN at t = 0 and on
 * padding.
 */
export interface TokenScores {
  /** -log p(token), natural logarithm. */
  nll: Float32Array;
  /** The logit of the token itself. */
  logit: Float32Array;
  /** The largest logit at the same place: `logit === topLogit` says that the token was the greedy choice. */
  topLogit: Float32Array;
}

/** Vectors from which the model goes on in place of its own at one hook point. */
export interface BatchReplacement {
  hookPoint: string;
  /** [B*T, d], finite; rows of padding count for nothing. */
  rows: Float32Array;
  /**
   * [B*T], 1 where the row is given and 0 where the model's own stays. Without a mask the layers before the hook point
   * are not computed. @default 1 everywhere
   */
  mask?: Uint8Array;
}

export interface ComparisonRequest extends Pick<ForwardRequest, 'tokens' | 'batch' | 'lengths' | 'signal'> {
  /** `residual` of two forward passes over these tokens, [B*T, d_model] each. */
  edited: Float32Array;
  unedited: Float32Array;
}

/** Entries [B*T] as in `TokenScores`: about token t given the tokens before it, NaN at t = 0 and on padding. */
export interface ScoreComparison {
  nll: Float32Array;
  uneditedNll: Float32Array;
  /** KL(unedited ‖ edited) in nats of the two distributions of token t; exactly 0 for equal residuals. */
  kl: Float32Array;
}

/**
 * An intervention on n features at one hook point, with rules for every row of the batch. With x the rows of the hook point and i a feature of this record:
 *
 *   z = x · W_enc_rowsᵀ + b_enc                        (b_enc includes −b_dec·W_enc where the SAE centres its input)
 *   f = [z > threshold] · ReLU(z)
 *   gate_i = [f[gateFeature_i] > gateThreshold_i]        (gateThreshold −Infinity: always)
 *   delta_i = mask_i · gate_i · ((scale_i − 1) · f_i + offset_i)
 *   x' = x + delta · W_dec_rows
 *
 * Every f is read before anything is written. identity = (scale 1, offset 0) leaves every logit
 * bit-identical; clamp(v) = (0, v); scale(s) = (s, 0); ablate = (0, 0); add(c) = (1, c); clamp_if_active(v) =
 * (0, v) with gateFeature_i = i and gateThreshold_i = 0; "only where feature j exceeds c": gateFeature_i = j,
 * gateThreshold_i = c, where j may be a feature of this record that is itself left alone by (1, 0). Another
 * row of the batch may have another rule: default and steered text are two rows.
 */
export interface BatchIntervention {
  /** Any hook point of the model. */
  hookPoint: string;
  /** [n, d] encoder rows: column i of W_enc, contiguous. */
  W_enc_rows: Float32Array;
  /** [n] */
  b_enc: Float32Array;
  /** [n]; 0 for plain ReLU. */
  threshold: Float32Array;
  /** [n, d] */
  W_dec_rows: Float32Array;
  /** [B, n], finite. */
  scale: Float32Array;
  /** [B, n], finite. */
  offset: Float32Array;
  /** [B, n], indices into this record's features. @default the feature itself */
  gateFeature?: Int32Array;
  /** [B, n]; not NaN. @default −Infinity, no gate */
  gateThreshold?: Float32Array;
  /** [B, T] for all features alike or [B, T, n]; 0 leaves the position alone, 1 edits it. @default 1 everywhere */
  mask?: Float32Array;
}

/** What an edit did at every position that ran: the proof that steering happened. */
export interface BatchProof {
  hookPoint: string;
  features: number;
  /** f before the edit [B, T, n]. */
  fBefore: Float32Array;
  /** f encoded again from x' [B, T, n]. */
  fAfter: Float32Array;
  /** ‖x' − x‖ [B, T]; 0 exactly where nothing was edited. */
  deltaNorm: Float32Array;
  /** ‖x‖ before the edit [B, T]. */
  xNorm: Float32Array;
}

export interface GenerationRequest {
  /** B: sequences that advance together. */
  batch: number;
  /** Positions to allocate per sequence, prompt and generated text together; at most `spec.n_ctx`. */
  maxTokens: number;
  /** Interventions for the whole generation; `mask` is given per step instead. @default none */
  interventions?: readonly Omit<BatchIntervention, 'mask'>[];
  /** Hook points whose rows every step returns. @default none */
  hookPoints?: readonly string[];
  /** Draw the tokens of rows where their logits are computed, and give no logits back. @default none */
  samplers?: readonly RowSampler[];
  /** Closes the generation when it aborts, whatever its owner waits for. @default none */
  signal?: AbortSignal;
}

/** A batch of sequences in progress. Steps are taken one after another; `close` frees the cache. */
export interface Generation {
  readonly batch: number;
  readonly maxTokens: number;
  /** Tokens in the cache, per row. */
  readonly lengths: Int32Array;
  /**
   * Appends up to T tokens to every row and returns the next-token logits of each row's last token, or the tokens that were
   * drawn from them. A step that fails while it computes or draws breaks the generation: later steps are refused with
   * `precondition`.
   */
  step(request: GenerationStepRequest): Promise<GenerationStep>;
  close(): Promise<void>;
}

export interface GenerationStepRequest {
  /** Token ids [B*T]: the whole prompt, a chunk of it, or one token per row. */
  tokens: Int32Array;
  /** Tokens of each row that count, 1..T, padded on the right. @default T for every row */
  lengths?: ArrayLike<number>;
  /** Hook point name -> mask [B, T] or [B, T, n] for the positions of this step. @default 1 everywhere */
  masks?: ReadonlyMap<string, Float32Array>;
  /** Rows with samplers whose next tokens are drawn. @default none */
  draw?: readonly number[];
  signal?: AbortSignal;
}

/** What one step gave; what earlier ones gave stays that of the shorter text, also where a text is rotated anew. */
export interface GenerationStep {
  /** T of this step. */
  positions: number;
  /** Next-token logits [B, V] of each row's last token; empty where the generation has samplers. */
  logits: Float32Array;
  /** A token for every row of `draw`, in its order. */
  drawn: readonly DrawnToken[];
  /** As in ForwardResult, for the positions of this step. */
  activations: ReadonlyMap<string, Activations>;
  /** As in ForwardResult, for the positions of this step. */
  proofs: readonly BatchProof[];
}

export interface ProjectionRequest {
  /** [rows, d_model], for example decoder rows of an SAE. */
  directions: Float32Array;
  rows: number;
  /**
   * Whether directions are multiplied by the final RMSNorm's weight first: logits = (direction ⊙ w_norm) ·
   * W_Uᵀ. The norm's division by the root mean square is never applied: a direction has no scale of its own.
   * @default true
   */
  foldFinalNorm?: boolean;
  signal?: AbortSignal;
}

export type { Quantization };

/** Opens a runtime; the shape of `openModelRuntime`, for those who take it as a dependency. */
export type OpenModelRuntime = (directory: string, options?: ModelRuntimeOptions) => Promise<ModelRuntime>;
