import { parseModelConfig } from '../config/model-config.ts';

/** The least that a config with Llama's keys says. */
export const LLAMA = {
  hidden_size: 64,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 96,
  vocab_size: 512,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-6,
};
const GPT2 = { n_embd: 64, n_layer: 4, n_head: 4, n_positions: 128, vocab_size: 512 };
const NEO = {
  ...{ hidden_size: 64, num_layers: 4, num_heads: 16, vocab_size: 512, max_position_embeddings: 128 },
  attention_types: [[['global', 'local'], 2]],
};
const LAYER_NORM = { ...LLAMA, rms_norm_eps: undefined };
const CONFIGS: Readonly<Record<string, object>> = {
  gpt2: GPT2,
  gpt_neo: NEO,
  gpt_neox: { ...LAYER_NORM, num_key_value_heads: undefined },
  phi: { ...LAYER_NORM, hidden_act: 'gelu_new' },
  starcoder2: { ...LAYER_NORM, hidden_act: 'gelu_pytorch_tanh' },
  gemma: { ...LLAMA, hidden_activation: 'gelu_pytorch_tanh' },
};

/** `layer_types` of four layers. */
export const ALL_FULL = new Array(4).fill('full_attention');
export const ALL_WINDOWED = new Array(4).fill('sliding_attention');
/** The least of Gemma 3 with images. */
export const NESTED = { model_type: 'gemma3', text_config: { ...LLAMA, model_type: 'gemma3_text' } };

/** Reads the least config of a family with `change`. */
export const readFamily = (model_type: string, change: object = {}) =>
  parseModelConfig(
    JSON.stringify({ model_type, ...(CONFIGS[model_type] ?? LLAMA), ...change }),
    'config.json',
  ).spec;
