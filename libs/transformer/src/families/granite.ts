import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Granite 3 (dense): Llama with multipliers of embeddings, scores, what blocks add, and logits. */
export const granite: Family = {
  architecture: 'GraniteForCausalLM',
  read(config) {
    const spec = {
      ...readLlamaSpec(config, { scale: config.positive('attention_multiplier', 1) }),
      embeddingScale: config.positive('embedding_multiplier', 1),
      residualScale: config.positive('residual_multiplier', 1),
      logits: { scale: 1 / config.positive('logits_scaling', 1), cap: null },
    };
    const bias = config.flag('attention_bias', false);
    const own = { qkvBias: bias, outBias: bias, mlpBias: config.flag('mlp_bias', false) };
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};
