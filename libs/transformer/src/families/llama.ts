import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Llama 1 to 3 and what is stored as one; attention (output included) and MLP have biases where the config says so. */
export const llama: Family = {
  architecture: 'LlamaForCausalLM',
  read(config) {
    const spec = readLlamaSpec(config);
    const bias = config.flag('attention_bias', false);
    const own = { qkvBias: bias, outBias: bias, mlpBias: config.flag('mlp_bias', false) };
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};
