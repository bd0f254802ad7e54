import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import { readWindows } from './common.ts';
import type { Family } from './family.ts';
import { type LlamaOptions, type LlamaTensors, readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Gemma 2: norms of 1 + w around both parts of a block, capped scores and logits, a window in every other layer. */
export const gemma2: Family = {
  architecture: 'Gemma2ForCausalLM',
  read(config) {
    const windows = readWindows(config, 4096, (layer) => layer % 2 === 0);
    const spec = readGemmaSpec(config, { n_kv_heads: 4, windows }, { scoreCap: 50, logitCap: 30 });
    const own = gemmaTensors(config);
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};

/** Reads what Gemma 2 and 3 share; caps are the family's where the config does not name them. */
export function readGemmaSpec(
  config: ConfigReader,
  options: LlamaOptions,
  caps: { scoreCap: number | null; logitCap: number | null },
): ModelSpec {
  config.only('use_bidirectional_attention', false);
  const spec = readLlamaSpec(config, {
    d_head: 256,
    tied: true,
    activation: { key: 'hidden_activation', absent: 'gelu_pytorch_tanh' },
    scale: config.positive('query_pre_attn_scalar', 256) ** -0.5,
    ...options,
  });
  return {
    ...spec,
    embeddingScale: Math.sqrt(spec.d_model),
    norm: { ...spec.norm, offset: 1 },
    block: 'sandwich',
    scoreCap: config.cap('attn_logit_softcapping', caps.scoreCap),
    logits: { scale: 1, cap: config.cap('final_logit_softcapping', caps.logitCap) },
  };
}

/** The norms of Gemma 2 and 3, and biases of attention where the config says so. */
export function gemmaTensors(config: ConfigReader): LlamaTensors {
  const bias = config.flag('attention_bias', false);
  const norms = {
    ln1: 'input_layernorm',
    ln1_post: 'post_attention_layernorm',
    ln2: 'pre_feedforward_layernorm',
    ln2_post: 'post_feedforward_layernorm',
  };
  return { norms, qkvBias: bias, outBias: bias };
}
