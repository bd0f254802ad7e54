import { parseModelConfig } from '../config/model-config.ts';

const LLAMA = {
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

const read = (model_type: string, change: object = {}) =>
  parseModelConfig(
    JSON.stringify({ model_type, ...(CONFIGS[model_type] ?? LLAMA), ...change }),
    'config.json',
  ).spec;
const windowsOf = (model_type: string, change: object) =>
  read(model_type, change).layers.map(({ window }) => window);
/** Radians per position of the second frequency of each layer; null without rotation. */
const rotationsOf = (model_type: string, change: object) =>
  read(model_type, change).layers.map(({ rotary }) => rotary?.frequencies[1] ?? null);

describe('parseModelConfig of every family', () => {
  test.each<[string, object]>([
    ['qwen3', { d_head: 128, block: 'pre-norm', n_kv_heads: 2 }],
    [
      'gemma',
      {
        d_head: 256,
        embeddingScale: 8,
        norm: { kind: 'rms', epsilon: 1e-6, offset: 1 },
        tiedEmbeddings: true,
      },
    ],
    ['gemma2', { block: 'sandwich', scoreCap: 50, logits: { scale: 1, cap: 30 }, embeddingScale: 8 }],
    ['gemma3_text', { block: 'sandwich', scoreCap: null, logits: { scale: 1, cap: null } }],
    [
      'gpt2',
      { d_mlp: 256, norm: { kind: 'layer', epsilon: 1e-5, offset: 0 }, tiedEmbeddings: true, n_ctx: 128 },
    ],
    ['gpt_neo', { d_head: 4, d_mlp: 256, mlp: { activation: 'gelu-tanh', gated: false } }],
    ['gpt_neox', { block: 'parallel', mlp: { activation: 'gelu', gated: false }, tiedEmbeddings: false }],
    ['phi', { block: 'parallel-shared', tiedEmbeddings: false }],
    ['phi3', { block: 'pre-norm', mlp: { activation: 'silu', gated: true } }],
    ['olmo2', { block: 'post-norm', tiedEmbeddings: false }],
    ['smollm3', { block: 'pre-norm', tiedEmbeddings: true }],
    [
      'starcoder2',
      { block: 'pre-norm', tiedEmbeddings: true, mlp: { activation: 'gelu-tanh', gated: false } },
    ],
    ['granite', { embeddingScale: 1, residualScale: 1, logits: { scale: 1, cap: null } }],
  ])('reads a minimal %s with the defaults of its family', (modelType, spec) => {
    expect(read(modelType)).toMatchObject({ modelType, ...spec });
  });

  test.each<[string, object, (number | null)[]]>([
    ['gemma2', {}, [4096, null, 4096, null]],
    [
      'gemma2',
      {
        sliding_window: 8,
        layer_types: ['full_attention', 'sliding_attention', 'full_attention', 'full_attention'],
      },
      [null, 8, null, null],
    ],
    ['gemma3_text', { sliding_window: 8, sliding_window_pattern: 2 }, [8, null, 8, null]],
    ['gemma3_text', { sliding_window: 8, _sliding_window_pattern: 3 }, [8, 8, null, 8]],
    ['gpt_neo', { window_size: 16 }, [null, 16, null, 16]],
    ['gpt_neo', {}, [null, 256, null, 256]],
    ['phi3', { sliding_window: 16 }, [16, 16, 16, 16]],
    ['phi3', {}, [null, null, null, null]],
    ['starcoder2', { sliding_window: 16 }, [16, 16, 16, 16]],
    ['qwen3', { sliding_window: 16, max_window_layers: 2 }, [null, null, null, null]],
    ['qwen3', { sliding_window: 16, max_window_layers: 2, use_sliding_window: true }, [null, null, 16, 16]],
    ['smollm3', { sliding_window: 16, use_sliding_window: true }, [null, null, null, 16]],
    ['olmo2', {}, [null, null, null, null]],
  ])('gives %s with %j the windows %j', (modelType, change, windows) => {
    expect(windowsOf(modelType, change)).toEqual(windows);
  });

  test('rotates layers of Gemma 3 with windows by a base of their own that nothing scales', () => {
    const scaled = {
      rope_theta: 1e6,
      rope_local_base_freq: 1e4,
      rope_scaling: { rope_type: 'linear', factor: 8 },
    };
    const [local, , , , , global] = rotationsOf('gemma3_text', { ...scaled, num_hidden_layers: 6 });
    expect(local).toBeCloseTo(1e4 ** (-2 / 256), 12);
    expect(global).toBeCloseTo(1e6 ** (-2 / 256) / 8, 12);
    const byType = {
      sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
      full_attention: { rope_type: 'linear', factor: 8, rope_theta: 1e6 },
    };
    expect(rotationsOf('gemma3_text', { rope_parameters: byType, num_hidden_layers: 6 })).toEqual(
      rotationsOf('gemma3_text', { ...scaled, num_hidden_layers: 6 }),
    );
  });

  test('leaves layers of SmolLM 3 without rotation', () => {
    const rotated = (change: object) => rotationsOf('smollm3', change).map((frequency) => frequency !== null);
    expect(rotated({})).toEqual([true, true, true, false]);
    expect(rotated({ no_rope_layer_interval: 2 })).toEqual([true, false, true, false]);
    expect(rotated({ no_rope_layers: [0, 1, 1, 0] })).toEqual([false, true, true, false]);
  });

  test('rotates a part of each head where the family or the config says so', () => {
    const dim = (modelType: string, change = {}) => read(modelType, change).layers[0]!.rotary!.dim;
    expect([
      dim('gpt_neox'),
      dim('gpt_neox', { rotary_pct: 0.5 }),
      dim('gpt_neox', { rotary_pct: 1 }),
    ]).toEqual([4, 8, 16]);
    expect([dim('phi'), dim('phi', { partial_rotary_factor: 0.25 })]).toEqual([8, 4]);
    expect(dim('llama', { partial_rotary_factor: 0.5 })).toBe(8);
  });

  test('takes the frequencies of Phi 3 by the length of the text', () => {
    const factors = { short_factor: new Array(8).fill(2), long_factor: new Array(8).fill(4) };
    const spec = read('phi3', {
      original_max_position_embeddings: 32,
      rope_scaling: { type: 'su', ...factors },
    });
    const { rotary } = spec.layers[0]!;
    expect([rotary!.frequencies[0], rotary!.long!.tokens, rotary!.long!.frequencies[0]]).toEqual([
      0.5, 32, 0.25,
    ]);
    expect(rotary!.amplitude).toBeCloseTo(Math.sqrt(1 + Math.log(4) / Math.log(32)), 12);
  });

  test('scales scores by layer in GPT-2 where the config says so, and never in GPT-Neo', () => {
    const scales = read('gpt2', { scale_attn_by_inverse_layer_idx: true }).layers.map(({ scale }) => scale);
    expect(scales).toEqual([1, 2, 3, 4].map((layer) => 0.25 / layer));
    expect(read('gpt2', { scale_attn_weights: false }).layers[3]!.scale).toBe(1);
    expect(read('gpt_neo').layers[0]!.scale).toBe(1);
    expect(read('gemma2', { query_pre_attn_scalar: 144 }).layers[0]!.scale).toBeCloseTo(1 / 12, 12);
    expect(read('granite', { attention_multiplier: 0.125 }).layers[0]!.scale).toBe(0.125);
  });

  test('reads the nested text part of Gemma 3 with images, filled up with its defaults', () => {
    const { rms_norm_eps: _, ...text_config } = { ...LLAMA, model_type: 'gemma3_text', sliding_window: 8 };
    const config = {
      ...{ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], text_config },
      ...{ vision_config: { hidden_size: 8 }, eos_token_id: [1, 106], mm_tokens_per_image: 256 },
    };
    const { spec, ignored } = parseModelConfig(JSON.stringify(config), 'config.json');
    expect(spec).toMatchObject({
      modelType: 'gemma3',
      d_model: 64,
      eosTokenIds: [1, 106],
      norm: { epsilon: 1e-6 },
    });
    expect(ignored).toEqual([]);
  });

  test('takes no caps of Gemma 2 where the config has null', () => {
    const spec = read('gemma2', { attn_logit_softcapping: null, final_logit_softcapping: null });
    expect(spec).toMatchObject({ scoreCap: null, logits: { cap: null } });
  });

  test.each<[string, object, string, RegExp]>([
    [
      'gemma',
      { hidden_act: 'gelu' },
      'unimplemented',
      /hidden_act "gelu" and hidden_activation "gelu_pytorch_tanh"/,
    ],
    ['gemma', { hidden_activation: undefined, hidden_act: 'gelu' }, 'unimplemented', /different activations/],
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
