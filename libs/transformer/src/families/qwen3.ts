import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';
import { readLateWindows } from './qwen2.ts';

/** Qwen 3 (dense): Llama with a norm of each head of q and k before rotation. */
export const qwen3: Family = {
  architecture: 'Qwen3ForCausalLM',
  read(config) {
    const spec = readLlamaSpec(config, { n_kv_heads: 32, d_head: 128, windows: readLateWindows(config) });
    const bias = config.flag('attention_bias', false);
    const own = { qkvBias: bias, outBias: bias, qkNorm: 'head' } as const;
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};
