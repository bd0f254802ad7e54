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
const parse = (change: object = {}) =>
  parseModelConfig(JSON.stringify({ ...CONFIG, ...change }), 'config.json');

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
      mlpBias: false,
      d_vocab: 512,
      n_ctx: 512,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      tiedEmbeddings: false,
      bosTokenId: null,
      eosTokenIds: [],
    });
  });

  test('reads one end token or several, and a rotary base in either place', () => {
    expect(parse({ eos_token_id: 2 }).eosTokenIds).toEqual([2]);
    expect(parse({ eos_token_id: [2, 7] }).eosTokenIds).toEqual([2, 7]);
    expect(parse({ rope_theta: 5e5 }).ropeTheta).toBe(5e5);
    expect(parse({ rope_parameters: { rope_type: 'default', rope_theta: 1e6 } }).ropeTheta).toBe(1e6);
    expect(parse({ bos_token_id: 0 }).bosTokenId).toBe(0);
  });

  test.each([
    [
      'an unknown model_type',
      { model_type: 'gpt_neox' },
      /model_type "gpt_neox"; supported are llama, mistral, qwen2/,
    ],
    ['a model_type from the prototype', { model_type: 'constructor' }, /model_type "constructor"/],
    ['no model_type', { model_type: undefined }, /model_type "undefined"/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act "gelu"/],
    ['scaled rotary embeddings', { rope_scaling: { rope_type: 'llama3' } }, /rope scaling "llama3"/],
    [
      'old spelling of scaled rotary embeddings',
      { rope_scaling: { type: 'linear' } },
      /rope scaling "linear"/,
    ],
    ['attention biases', { attention_bias: true }, /attention_bias true/],
    [
      'MLP biases of a family without',
      { model_type: 'mistral', mlp_bias: true },
      /mlp_bias true for model_type "mistral"/,
    ],
    ['partial rotation', { partial_rotary_factor: 0.5 }, /partial_rotary_factor 0.5/],
    ['a sliding window', { model_type: 'mistral', sliding_window: 128 }, /sliding_window 128/],
    ['quantized weights', { quantization_config: { quant_method: 'gptq' } }, /quantization gptq/],
    ['heads of an odd size', { num_attention_heads: 16 }, /heads of 4 floats; only multiples of 8/],
  ])('refuses %s as unimplemented and names it', (_, change, message) => {
    expect(() => parse(change)).toThrow(
      expect.objectContaining({ kind: 'unimplemented', message: expect.stringMatching(message) }),
    );
  });

  test('takes MLP biases of a Llama model', () => {
    expect(parse({ mlp_bias: true }).mlpBias).toBe(true);
  });

  test('takes a sliding window that covers the context or is switched off', () => {
    expect(parse({ model_type: 'mistral', sliding_window: 512 }).modelType).toBe('mistral');
    expect(parse({ model_type: 'qwen2', sliding_window: 8, use_sliding_window: false }).modelType).toBe(
      'qwen2',
    );
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

  test('refuses what is not JSON', () => {
    expect(() => parseModelConfig('{', 'config.json')).toThrow(/config.json is not JSON/);
    expect(() => parseModelConfig('null', 'config.json')).toThrow(/model_type/);
  });
});
