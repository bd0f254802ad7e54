import { parseModelConfig } from '../config/model-config.ts';
import { ALL_FULL, ALL_WINDOWED, NESTED, readFamily as read } from '../testing/family-configs.ts';
import { FAMILIES } from './registry.ts';

describe('parseModelConfig of what a family does not compute', () => {
  test.each<object>([
    ...[{ new_decoder_architecture: true }, { multi_query: true }, { alibi: true }, { parallel_attn: true }],
    ...[{ normalization_type: 'layernorm' }, { normalize_embedding: true }, { embd_layernorm: true }],
    ...[
      { norm_head: 1 },
      { attention_sinks: true },
      { sink_tokens: 4 },
      { mup_enabled: true },
      { use_mup: true },
    ],
    ...[{ skip_layers: [1] }, { num_layers_skip: 2 }, { mlp_only_layers: [1] }, { first_k_dense_replace: 1 }],
    ...[{ v_head_dim: 24 }, { global_head_dim: 8 }, { word_embed_proj_dim: 32 }, { ffn_act_fn: 'gelu' }],
    ...[{ clip_qkv: 8 }, { dim_model_base: 256 }, { scale_emb: 12 }, { rope_ratio: 2 }, { kv_lora_rank: 8 }],
  ])('refuses %j, of other families, by name in every family', (option) => {
    const [name] = Object.keys(option);
    for (const modelType of Object.keys(FAMILIES).filter((one) => one !== 'gemma3'))
      expect(() => read(modelType, option)).toThrow(
        expect.objectContaining({ kind: 'unimplemented', message: expect.stringContaining(name!) }),
      );
  });

  test.each<[string, object, RegExp]>([
    ['an option of another family', { num_experts: 4 }, /text_config asks for num_experts 4/],
    [
      'a quantization',
      { quantization_config: { quant_method: 'gptq' } },
      /text_config asks for quantization gptq/,
    ],
    ['another type', { model_type: 'gemma3n_text' }, /text_config asks for model_type "gemma3n_text"/],
    ['a spelling that differs', { hidden_act: 'relu' }, /text_config has hidden_act "relu" beside/],
    [
      'a head that is not tied',
      { tie_word_embeddings: false },
      /true beside text_config.tie_word_embeddings false/,
    ],
  ])('refuses %s in the nested text part of Gemma 3 as it does outside', (_, change, message) => {
    const text_config = { ...NESTED.text_config, ...change };
    const config = { ...NESTED, tie_word_embeddings: true, text_config };
    expect(() => parseModelConfig(JSON.stringify(config), 'config.json')).toThrow(message);
    const odd = { ...NESTED, text_config: { ...NESTED.text_config, kitchen: 'sink' } };
    expect(parseModelConfig(JSON.stringify(odd), 'config.json').ignored).toEqual(['kitchen']);
  });

  test.each<[string, object, string, RegExp]>([
    [
      'gemma',
      { hidden_act: 'gelu' },
      'unimplemented',
      /hidden_act "gelu" and hidden_activation "gelu_pytorch_tanh"/,
    ],
    ['gemma', { hidden_activation: undefined, hidden_act: 'gelu' }, 'unimplemented', /different activations/],
    ['gemma', { hidden_activation: 'gelu' }, 'unimplemented', /different activations/],
    [
      'mistral',
      { sliding_window: 8, layer_types: ALL_FULL },
      'invalid',
      /beside sliding_window 8, which holds/,
    ],
    ['phi3', { layer_types: ALL_WINDOWED }, 'invalid', /beside sliding_window null, which holds/],
    [
      'starcoder2',
      { sliding_window: 8, layer_types: ALL_FULL },
      'invalid',
      /beside sliding_window 8, which holds/,
    ],
    ['qwen2', { sliding_window: 8, layer_types: ALL_WINDOWED }, 'invalid', /beside use_sliding_window false/],
    [
      'smollm3',
      { sliding_window: 8, layer_types: ALL_WINDOWED },
      'invalid',
      /beside use_sliding_window false/,
    ],
    ['gpt_neox', { use_parallel_residual: null }, 'invalid', /use_parallel_residual null; true or false/],
    ['gemma2', { tie_word_embeddings: null }, 'invalid', /tie_word_embeddings null; true or false/],
    ['starcoder2', { use_bias: null }, 'invalid', /use_bias null; true or false/],
    [
      'llama',
      { rope_scaling: { type: 'linear', factor: 2 }, rope_parameters: { rope_type: 'linear', factor: 4 } },
      'invalid',
      /rope_scaling \{"rope_type":"linear","factor":2\} beside rope_parameters/,
    ],
    [
      'llama',
      { rope_scaling: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 } },
      'invalid',
      /high_freq_factor 4 beside low_freq_factor 4/,
    ],
    ['gemma2', { use_bidirectional_attention: true }, 'unimplemented', /use_bidirectional_attention true/],
    ['phi', { qk_layernorm: true }, 'unimplemented', /qk_layernorm true/],
    ['phi3', { lm_head_bias: true }, 'unimplemented', /lm_head_bias true/],
    ['gpt2', { add_cross_attention: true }, 'unimplemented', /add_cross_attention true/],
    ['starcoder2', { mlp_type: 'gated' }, 'unimplemented', /mlp_type "gated"/],
    ['qwen3', { num_experts: 8 }, 'unimplemented', /num_experts 8/],
    ['olmo2', { sliding_window: 8 }, 'unimplemented', /sliding_window 8/],
    ['gpt_neo', { attention_types: [[['global'], 3]] }, 'invalid', /global or local for each of 4 layers/],
    ['gpt_neo', { attention_layers: ['local', 'global', 'local', 'global'] }, 'invalid', /attention_layers/],
    ['gpt_neo', { attention_types: [5] }, 'invalid', /attention_types \[5\]/],
    ['gpt_neo', { attention_types: [[['global'], 1e12]] }, 'invalid', /attention_types/],
    ['gemma3_text', { sliding_window_pattern: 0 }, 'invalid', /sliding_window_pattern 0; a whole number/],
    ['qwen2', { use_sliding_window: true, max_window_layers: 'x' }, 'invalid', /max_window_layers "x"/],
    ['smollm3', { no_rope_layers: [1, 0] }, 'invalid', /no_rope_layers \[1,0\]/],
    [
      'gemma2',
      { layer_types: ['full_attention'] },
      'invalid',
      /layer_types \["full_attention"\]; one of each of 4/,
    ],
    [
      'llama',
      { rope_scaling: { rope_type: 'llama3', factor: 8 } },
      'invalid',
      /"llama3" without low_freq_factor/,
    ],
    ['llama', { rope_scaling: { rope_type: 'linear', factor: 0 } }, 'invalid', /factor 0; a positive number/],
    [
      'llama',
      { rope_scaling: { rope_type: 'linear', factor: 2, beta_fast: 1 } },
      'invalid',
      /beta_fast 1 beside rope_type "linear"/,
    ],
    ['llama', { partial_rotary_factor: 0.35 }, 'invalid', /rotates 5 of 16 floats of a head; an even number/],
    [
      'phi3',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
      'invalid',
      /short_factor of 1 values; 8 positive/,
    ],
  ])('refuses %s with %j as %s', (modelType, change, kind, message) => {
    expect(() => read(modelType, change)).toThrow(
      expect.objectContaining({ kind, message: expect.stringMatching(message) }),
    );
  });
});
