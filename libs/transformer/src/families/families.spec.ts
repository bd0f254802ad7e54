import { parseModelConfig } from '../config/model-config.ts';
import { ALL_FULL, LLAMA, NESTED, readFamily as read } from '../testing/family-configs.ts';

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
    ['mistral', { sliding_window: 8, layer_types: new Array(4).fill('sliding_attention') }, [8, 8, 8, 8]],
    ['mistral', { sliding_window: 128, layer_types: ALL_FULL }, [128, 128, 128, 128]],
    ['starcoder2', { sliding_window: null, layer_types: ALL_FULL }, [null, null, null, null]],
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

  test('takes what each family has where a key is absent', () => {
    const heads = { num_attention_heads: 32, num_key_value_heads: undefined, head_dim: 4 };
    const kvHeads = (modelType: string) => read(modelType, heads).n_kv_heads;
    expect(['gemma', 'starcoder2', 'phi', 'gemma2', 'smollm3'].map(kvHeads)).toEqual([16, 2, 32, 4, 4]);
    const activation = (modelType: string, change = {}) =>
      read(modelType, { hidden_act: undefined, ...change }).mlp.activation;
    expect(activation('phi')).toBe('gelu-tanh');
    expect(activation('starcoder2')).toBe('gelu-tanh');
    expect(activation('gemma', { hidden_activation: undefined })).toBe('gelu-tanh');
    expect(activation('gemma', { hidden_activation: 'gelu', hidden_act: 'gelu' })).toBe('gelu');
  });

  test('tells of caps of Gemma 3 that transformers does not apply', () => {
    const caps = { attn_logit_softcapping: 50, final_logit_softcapping: 30 };
    const warningsOf = (config: object) => parseModelConfig(JSON.stringify(config), 'config.json').warnings;
    const { text_config } = NESTED;
    expect(warningsOf({ ...text_config, ...caps })).toEqual([
      expect.stringMatching(/attn_logit_softcapping 50/),
    ]);
    expect(warningsOf({ ...NESTED, text_config: { ...text_config, ...caps } })).toEqual([
      expect.stringMatching(/text_config has attn_logit_softcapping 50/),
      expect.stringMatching(/text_config has final_logit_softcapping 30/),
    ]);
    expect(warningsOf(NESTED)).toEqual([]);
  });

  test('takes no caps of Gemma 2 where the config has null', () => {
    const spec = read('gemma2', { attn_logit_softcapping: null, final_logit_softcapping: null });
    expect(spec).toMatchObject({ scoreCap: null, logits: { cap: null } });
  });
});
