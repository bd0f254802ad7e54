import { parseModelConfig } from './model-config.ts';

const CONFIG = {
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 5,
  num_attention_heads: 8,
  intermediate_size: 172,
  vocab_size: 512,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-5,
};
const read = (change: object = {}) =>
  parseModelConfig(JSON.stringify({ ...CONFIG, ...change }), 'config.json');
const parse = (change: object = {}) => read(change).spec;
/** The rotary base of a model whose heads have 8 floats: its second frequency is base^(−2/8). */
const baseOf = (change: object) => Math.round(parse(change).layers[0]!.rotary!.frequencies[1]! ** -4);

describe('parseModelConfig', () => {
  test('reads a minimal Llama configuration with the defaults of its family', () => {
    expect(parse()).toEqual({
      modelType: 'llama',
      d_model: 64,
      n_layers: 5,
      n_heads: 8,
      n_kv_heads: 8,
      d_head: 8,
      d_mlp: 172,
      d_vocab: 512,
      n_ctx: 512,
      embeddingScale: 1,
      norm: { kind: 'rms', epsilon: 1e-5, offset: 0 },
      block: 'pre-norm',
      residualScale: 1,
      scoreCap: null,
      layers: new Array(5).fill({
        scale: 8 ** -0.5,
        window: null,
        rotary: {
          dim: 8,
          frequencies: [1, 0.1, 0.01, 0.001].map((one) => expect.closeTo(one, 12)),
          amplitude: 1,
        },
      }),
      mlp: { activation: 'silu', gated: true },
      logits: { scale: 1, cap: null },
      tiedEmbeddings: false,
      bosTokenId: null,
      eosTokenIds: [],
    });
  });

  test('reads one end token or several, and a rotary base in either place', () => {
    expect(parse({ eos_token_id: 2 }).eosTokenIds).toEqual([2]);
    expect(parse({ eos_token_id: [2, 7] }).eosTokenIds).toEqual([2, 7]);
    expect(baseOf({ rope_theta: 5e5 })).toBe(5e5);
    expect(baseOf({ rope_parameters: { rope_type: 'default', rope_theta: 1e6 } })).toBe(1e6);
    expect(parse({ bos_token_id: 0 }).bosTokenId).toBe(0);
  });

  test.each([
    [
      'an unknown model_type',
      { model_type: 'falcon' },
      /model_type "falcon"; supported are llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3_text/,
    ],
    ['a model_type from the prototype', { model_type: 'constructor' }, /model_type "constructor"/],
    ['no model_type', { model_type: undefined }, /model_type undefined/],
    ['another activation', { hidden_act: 'mish' }, /hidden_act "mish"/],
    [
      'another scaling of rotation',
      { rope_scaling: { rope_type: 'ntk' } },
      /rope scaling "ntk" in rope_scaling/,
    ],
    ['the old spelling of it', { rope_scaling: { type: 'mrope' } }, /rope scaling "mrope"/],
    [
      'attention biases of a family without',
      { model_type: 'mistral', attention_bias: true },
      /attention_bias true/,
    ],
    [
      'MLP biases of a family without',
      { model_type: 'mistral', mlp_bias: true },
      /mlp_bias true, an option that this model_type does not have/,
    ],
    ['a sliding window', { sliding_window: 128 }, /sliding_window 128/],
    ['quantized weights', { quantization_config: { quant_method: 'gptq' } }, /quantization gptq/],
  ])('refuses %s as unimplemented and names it', (_, change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ kind: 'unimplemented', message: expect.stringMatching(message) }),
    );
  });

  test('reads windows of the layers that have one', () => {
    const windows = (change: object) => parse(change).layers.map(({ window }) => window);
    expect(windows({ model_type: 'mistral', sliding_window: 128 })).toEqual(new Array(5).fill(128));
    expect(windows({ model_type: 'mistral', sliding_window: null })).toEqual(new Array(5).fill(null));
    expect(windows({ model_type: 'mistral', max_position_embeddings: 8192 })[0]).toBe(4096);
    const late = {
      model_type: 'qwen2',
      use_sliding_window: true,
      sliding_window: 8,
      max_window_layers: 3,
      num_key_value_heads: 8,
    };
    expect(windows(late)).toEqual([null, null, null, 8, 8]);
    const typed = { layer_types: ['sliding_attention', ...new Array(4).fill('full_attention')] };
    expect(windows({ ...late, ...typed })).toEqual([8, null, null, null, null]);
    for (const change of [
      { use_sliding_window: false },
      {},
      { use_sliding_window: true, max_window_layers: 5 },
    ])
      expect(
        parse({ ...change, model_type: 'qwen2', sliding_window: 8, num_key_value_heads: 8 }).modelType,
      ).toBe('qwen2');
    expect(parse({ sliding_window: 512 }).layers[0]!.window).toBeNull();
  });

  test.each([
    ['a missing field', { hidden_size: undefined }, /hidden_size/],
    ['an absurd size', { vocab_size: 1e12 }, /vocab_size/],
    ['a negative size', { num_hidden_layers: -1 }, /num_hidden_layers/],
    ['a fraction', { intermediate_size: 1.5 }, /intermediate_size/],
    ['heads that do not divide the width', { num_attention_heads: 7 }, /both must divide evenly/],
    ['key heads that do not divide the heads', { num_key_value_heads: 3 }, /over 3 key heads/],
    ['an epsilon of zero', { rms_norm_eps: 0 }, /rms_norm_eps/],
  ])('refuses %s as invalid', (_, change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ kind: 'invalid', message: expect.stringMatching(message) }),
    );
  });

  test.each<[object, RegExp]>([
    [
      { rope_theta: 1e4, rope_parameters: { rope_type: 'default', rope_theta: 1e6 } },
      /rope_theta 10000 beside rope_parameters\.rope_theta 1000000; delete the one/,
    ],
    [
      { rope_theta: 1e4, rope_scaling: { rope_theta: 5e5 } },
      /rope_theta 10000 beside rope_scaling\.rope_theta 500000/,
    ],
    [
      { rope_scaling: { rope_theta: 1e5 }, rope_parameters: { rope_theta: 1e6 } },
      /rope_scaling\.rope_theta 100000 beside rope_parameters\.rope_theta 1000000/,
    ],
    [{ rope_scaling: { factor: 4 } }, /rope_scaling\.factor 4 without a rope_type/],
    [{ rope_parameters: { rope_theta: 1e4, factor: 8 } }, /rope_parameters\.factor 8 without a rope_type/],
    [{ rope_scaling: { type: null, factor: 4 } }, /rope_scaling\.factor 4 without a rope_type/],
    [
      { rope_scaling: { rope_type: 'default', factor: 2 } },
      /rope_scaling\.factor 2 beside rope_type "default"/,
    ],
    [
      { rope_scaling: { type: 'default', mrope_section: [2, 2] } },
      /mrope_section \[2,2\] beside rope_type "default"/,
    ],
    [
      { rope_scaling: { rope_type: 'default', type: 'linear', factor: 2 } },
      /rope_scaling\.rope_type "default" beside rope_scaling\.type "linear"/,
    ],
    [{ rope_scaling: 'linear' }, /rope_scaling "linear"; a dictionary/],
    [{ rope_theta: 0 }, /rope_theta 0; the rotary base is a positive number/],
    [{ rope_parameters: { rope_theta: '1e4' } }, /rope_parameters\.rope_theta "1e4"/],
    [
      { architectures: ['MistralForCausalLM'] },
      /architectures \["MistralForCausalLM"\] beside model_type "llama"/,
    ],
    [
      { architectures: ['LlamaForSequenceClassification'] },
      /LlamaForSequenceClassification.*language model head/,
    ],
    [{ torch_dtype: 'float16', dtype: 'bfloat16' }, /torch_dtype "float16" beside dtype "bfloat16"/],
    [
      { hidden_activation: 'gelu_pytorch_tanh' },
      /hidden_activation "gelu_pytorch_tanh" beside hidden_act null/,
    ],
    [{ eos_token_id: [2, 512] }, /eos_token_id 512 beside a vocab_size of 512/],
    [{ n_head: 4 }, /n_head 4 beside num_attention_heads 8/],
    [{ layer_norm_epsilon: 1e-6 }, /layer_norm_epsilon 0.000001 beside rms_norm_eps 0.00001/],
    [{ model_type: 'qwen2', num_key_value_heads: 8, attention_bias: false }, /attention_bias false beside/],
    [
      { model_type: 'mistral', sliding_window: 8, use_sliding_window: false },
      /use_sliding_window false beside sliding_window 8/,
    ],
  ])('refuses the contradiction in %j as invalid and names both values', (change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ kind: 'invalid', message: expect.stringMatching(message) }),
    );
  });

  test.each<[object, RegExp]>([
    [
      {
        rope_parameters: { full_attention: { rope_theta: 1e4 }, sliding_attention: { rope_theta: 1e6 } },
      },
      /rope_parameters by layer type \(full_attention \{"rope_theta":10000\}, sliding_attention \{"rope_theta":1000000\}\)/,
    ],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, /layer_types with "sliding_attention"/],
    [{ auto_map: { AutoModelForCausalLM: 'modeling_x.X' } }, /auto_map AutoModelForCausalLM/],
    [
      { final_logit_softcapping: 30 },
      /final_logit_softcapping 30, an option that this model_type does not have/,
    ],
    [{ attn_logit_softcapping: 50 }, /attn_logit_softcapping 50/],
    [{ query_pre_attn_scalar: 8 }, /query_pre_attn_scalar 8/],
    [{ embedding_multiplier: 12 }, /embedding_multiplier 12/],
    [{ logits_scaling: 8 }, /logits_scaling 8/],
    [{ scale_emb: 12, scale_depth: 1.4 }, /scale_emb 12/],
    [{ no_rope_layers: [1, 0] }, /no_rope_layers \[1,0\]/],
    [{ use_qk_norm: true }, /use_qk_norm true/],
    [{ num_local_experts: 8 }, /num_local_experts 8/],
    [{ clip_qkv: 8 }, /clip_qkv 8/],
    [{ use_bidirectional_attention: true }, /use_bidirectional_attention true/],
    [{ is_causal: false }, /is_causal false/],
    [{ use_parallel_residual: true }, /use_parallel_residual true/],
    [{ per_layer_config: { 1: { intermediate_size: 8 } } }, /per_layer_config/],
    [{ attention_chunk_size: 128 }, /attention_chunk_size 128/],
    [{ pruned_heads: { 0: [1] } }, /pruned_heads/],
    [{ qkv_bias: true }, /qkv_bias true/],
  ])('refuses %j as unimplemented and names it', (change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ kind: 'unimplemented', message: expect.stringMatching(message) }),
    );
  });

  test('takes two places that say the same, and options of other families that change nothing', () => {
    const same = { rope_theta: 5e5, rope_parameters: { rope_theta: 5e5, rope_type: 'default' } };
    expect(baseOf(same)).toBe(5e5);
    expect(baseOf({ rope_scaling: { rope_theta: 5e5 } })).toBe(5e5);
    expect(baseOf({ rope_scaling: {}, rope_parameters: null, rope_theta: null })).toBe(10_000);
    const harmless = {
      ...{ torch_dtype: 'torch.bfloat16', dtype: 'bfloat16', n_head: 8, architectures: ['LLaMAForCausalLM'] },
      ...{
        embedding_multiplier: 1,
        num_experts: 0,
        is_causal: true,
        attn_logit_softcapping: null,
        pruned_heads: {},
      },
      ...{ layer_types: ['full_attention'], cross_attention_hidden_size: null, add_cross_attention: false },
      ...{
        use_cache: true,
        pretraining_tp: 1,
        attention_dropout: 0,
        chunk_size_feed_forward: 0,
        num_beams: 1,
      },
    };
    expect(read(harmless)).toMatchObject({ spec: { modelType: 'llama' }, ignored: [] });
  });

  test('lists the keys that it does not know and ignores', () => {
    expect(read({ kitchen: 'sink', embd_layer_cake: 3, nothing: null }).ignored).toEqual([
      'kitchen',
      'embd_layer_cake',
    ]);
  });

  test('takes the defaults of each family where a key is absent', () => {
    const heads = { num_attention_heads: 32, hidden_size: 256, num_key_value_heads: undefined };
    expect(parse(heads).n_kv_heads).toBe(32);
    expect(parse({ ...heads, model_type: 'mistral' }).n_kv_heads).toBe(8);
    expect(parse({ ...heads, model_type: 'mistral', num_key_value_heads: null }).n_kv_heads).toBe(32);
    expect(parse({ ...heads, model_type: 'qwen2', sliding_window: 8 }).n_kv_heads).toBe(32);
  });

  test('refuses what is not JSON', () => {
    expect(() => parseModelConfig('{', 'config.json')).toThrow(/config.json is not JSON/);
    expect(() => parseModelConfig('null', 'config.json')).toThrow(/model_type/);
  });
});
