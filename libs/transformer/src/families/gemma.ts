import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Gemma 1: Llama with norms of 1 + w, scaled embeddings and a gate of GELU. */
export const gemma: Family = {
  architecture: 'GemmaForCausalLM',
  read(config) {
    const plain = readLlamaSpec(config, {
      d_head: 256,
      tied: true,
      activation: { key: settledActivation(config), absent: 'gelu_pytorch_tanh' },
    });
    const spec = { ...plain, embeddingScale: Math.sqrt(plain.d_model), norm: { ...plain.norm, offset: 1 } };
    const bias = config.flag('attention_bias', false);
    config.only('use_bidirectional_attention', false);
    return {
      spec,
      takeWeights: (tensors) => takeLlamaWeights(spec, tensors, { qkvBias: bias, outBias: bias }),
    };
  },
};

/**
 * The key that names the activation. transformers 4 took the tanh form whatever `hidden_act` said, and read
 * `hidden_activation` later; 5 reads `hidden_act`: only where all give the same is it settled what is computed.
 */
function settledActivation(config: ConfigReader): string {
  const [older, newer] = [config.take('hidden_activation'), config.take('hidden_act')];
  const isTanh = (name: unknown) => name === 'gelu_pytorch_tanh' || name === 'gelu_new';
  if (older !== undefined && older !== null) {
    if (newer === undefined || newer === null || (isTanh(older) && isTanh(newer))) return 'hidden_activation';
  } else if (isTanh(newer)) return 'hidden_act';
  throw new FacetError(
    'unimplemented',
    `${config.source} has hidden_act ${quoteJson(newer ?? null)} and hidden_activation ${quoteJson(older ?? null)}: versions of ` +
      'transformers compute different activations for it; write hidden_activation "gelu_pytorch_tanh" if the model was trained ' +
      'with it (Gemma 1 was), and delete hidden_act',
    { reason: 'MODEL_OPTION_UNSUPPORTED' },
  );
}
