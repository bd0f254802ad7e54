/** How attention, norms and the MLP of one decoder-only model are laid out; read from `config.json`. */
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
  /** Whether the three products of the MLP carry biases. */
  mlpBias: boolean;
  d_vocab: number;
  /** Most positions (prompt and generated text together) that the model was trained for. */
  n_ctx: number;
  /** Epsilon inside every RMSNorm. */
  normEpsilon: number;
  /** Base of the rotary frequencies. */
  ropeTheta: number;
  /** Whether the unembedding is the embedding matrix. */
  tiedEmbeddings: boolean;
  bosTokenId: number | null;
  eosTokenIds: readonly number[];
}
