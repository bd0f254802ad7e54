import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** OLMo 2: Llama that norms what attention and MLP give instead of what they read, and all of q and of k together. */
export const olmo2: Family = {
  architecture: 'Olmo2ForCausalLM',
  read(config) {
    const spec = { ...readLlamaSpec(config), block: 'post-norm' } as const;
    const bias = config.flag('attention_bias', false);
    const norms = { ln1: 'post_attention_layernorm', ln2: 'post_feedforward_layernorm' };
    const own = { norms, qkvBias: bias, outBias: bias, qkNorm: 'all' } as const;
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};
