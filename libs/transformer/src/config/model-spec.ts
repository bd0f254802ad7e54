/** How one decoder-only model computes, read from `config.json` by its family. */
export interface ModelSpec {
  /** The checkpoint's `model_type`, for example `llama`. */
  modelType: string;
  /** Width of the residual stream. */
  d_model: number;
  n_layers: number;
  /** Query heads per layer. */
  n_heads: number;
  /** Key and value heads per layer; divides `n_heads`. */
  n_kv_heads: number;
  d_head: number;
  d_mlp: number;
  d_vocab: number;
  /** Most positions (prompt and generated text together) that are computed. */
  n_ctx: number;
  /** What the embeddings are multiplied by. */
  embeddingScale: number;
  norm: NormSpec;
  /** How a block adds attention and MLP to the residual stream. */
  block: BlockKind;
  /** What attention and MLP are multiplied by before they are added. */
  residualScale: number;
  /** c of c · tanh(score / c), put on the scores before the mask; null for none. */
  scoreCap: number | null;
  layers: readonly LayerSpec[];
  mlp: MlpSpec;
  logits: LogitSpec;
  /** Whether the unembedding is the embedding matrix. */
  tiedEmbeddings: boolean;
  bosTokenId: number | null;
  eosTokenIds: readonly number[];
}

/**
 * `pre-norm`: each part reads the stream through a norm (Llama, GPT-2). `sandwich`: its result passes one too (Gemma 2).
 * `post-norm`: only its result does (OLMo 2). `parallel`: attention and MLP read the same stream, each through a norm
 * (GPT-NeoX); `parallel-shared`: through one norm (Phi 2).
 */
export type BlockKind = 'pre-norm' | 'sandwich' | 'post-norm' | 'parallel' | 'parallel-shared';

/** `rms`: x / √(mean x² + ε) · w; `layer`: the same of x − mean x, with a bias. */
export interface NormSpec {
  kind: 'rms' | 'layer';
  epsilon: number;
  /** Added to the stored weight: 1 where checkpoints hold w − 1. */
  offset: number;
}

/** What differs between the layers of one model. */
export interface LayerSpec {
  /** What the products of queries and keys are multiplied by. */
  scale: number;
  /** Keys that a query sees, its own included; null for all before it. */
  window: number | null;
  /** Null where positions are learned or unknown. */
  rotary: RotarySpec | null;
}

/** Rotates floats i and i + dim/2 of each head, i < dim/2, by position · frequencies[i]. */
export interface RotarySpec {
  /** Floats of a head that are rotated; the others stay as they are. */
  dim: number;
  /** Radians per position [dim/2]. */
  frequencies: readonly number[];
  /** What cosines and sines are multiplied by. */
  amplitude: number;
  /** Other frequencies for every position of a text of more than `tokens` tokens. */
  long?: { tokens: number; frequencies: readonly number[] };
}

export interface MlpSpec {
  activation: Activation;
  /** Whether the activation of a second product gates the first. */
  gated: boolean;
}

/** Nonlinearities in their exact forms; `gelu-tanh` is GELU's approximation by tanh. */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh' | 'gelu-quick' | 'relu' | 'relu2';

/** logits = cap(scale · W_U x), cap(y) = c · tanh(y / c). */
export interface LogitSpec {
  scale: number;
  cap: number | null;
}
