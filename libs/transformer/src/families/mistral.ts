import { readUniformWindows } from './common.ts';
import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Mistral 7B: Llama with one window in every layer, of 4096 where the key is absent and none where it is null. */
export const mistral: Family = {
  architecture: 'MistralForCausalLM',
  read(config) {
    const spec = readLlamaSpec(config, { n_kv_heads: 8, windows: readUniformWindows(config, 4096) });
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, {}) };
  },
};
