const LLAMA = {
  model_type: 'llama',
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  bos_token_id: 1,
  eos_token_id: 2,
};
/** Shapes of published models; `text`: rows and length of the texts that are captured. */
export const MODELS = {
  'llama-124m': {
    dtype: 'BF16',
    text: { B: 4, T: 256 },
    config: {
      ...LLAMA,
      ...{ hidden_size: 768, intermediate_size: 2048, num_hidden_layers: 12, num_attention_heads: 12 },
      ...{
        num_key_value_heads: 12,
        vocab_size: 50_304,
        max_position_embeddings: 1024,
        tie_word_embeddings: true,
      },
    },
  },
  'gpt2-124m': {
    dtype: 'F32',
    text: { B: 4, T: 256 },
    config: {
      ...{ model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50_257 },
      ...{ layer_norm_epsilon: 1e-5, activation_function: 'gelu_new', bos_token_id: 1, eos_token_id: 2 },
    },
  },
  'qwen-0.5b': {
    dtype: 'BF16',
    text: { B: 2, T: 256 },
    config: {
      ...{
        model_type: 'qwen2',
        rms_norm_eps: 1e-6,
        rope_theta: 1e6,
        hidden_size: 896,
        intermediate_size: 4864,
      },
      ...{ num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2, vocab_size: 151_936 },
      ...{ max_position_embeddings: 32_768, tie_word_embeddings: true, bos_token_id: 1, eos_token_id: 2 },
    },
  },
  'gemma2-2b': {
    dtype: 'BF16',
    text: { B: 1, T: 256 },
    config: {
      ...{
        model_type: 'gemma2',
        rms_norm_eps: 1e-6,
        rope_theta: 10_000,
        hidden_size: 2304,
        intermediate_size: 9216,
      },
      ...{ num_hidden_layers: 26, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256 },
      ...{
        vocab_size: 256_000,
        max_position_embeddings: 8192,
        query_pre_attn_scalar: 256,
        sliding_window: 4096,
      },
      ...{ attn_logit_softcapping: 50, final_logit_softcapping: 30, bos_token_id: 2, eos_token_id: 1 },
    },
  },
};
