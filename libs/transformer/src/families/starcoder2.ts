import { readUniformWindows } from './common.ts';
import type { Family } from './family.ts';
import { readUngatedSpec, takeUngatedWeights } from './ungated.ts';

/** StarCoder 2: LayerNorm, biases, an MLP without a gate, one window in every layer. */
export const starcoder2: Family = {
  architecture: 'Starcoder2ForCausalLM',
  read(config) {
    const windows = readUniformWindows(config, null);
    const options = {
      block: 'pre-norm',
      tied: true,
      epsilonKey: 'norm_epsilon',
      partial: 1,
      activation: 'gelu_pytorch_tanh',
      n_kv_heads: 2,
      windows,
    } as const;
    const spec = readUngatedSpec(config, options);
    // Keys of its first code, which transformers does not read.
    config.only('mlp_type', 'default');
    config.only('norm_type', 'layer_norm');
    config.take('activation_function');
    config.take('layer_norm_epsilon');
    const own = {
      ...{ out: 'o_proj', up: 'c_fc', down: 'c_proj', finalNorm: 'model.norm' },
      norms: { ln1: 'input_layernorm', ln2: 'post_attention_layernorm' },
      bias: config.flag('use_bias', true),
    };
    return { spec, takeWeights: (tensors) => takeUngatedWeights(spec, tensors, own) };
  },
};
