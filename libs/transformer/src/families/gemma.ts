import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Gemma 1: Llama with norms of 1 + w, scaled embeddings and a gate of GELU. */
export const gemma: Family = {
  architecture: 'GemmaForCausalLM',
  read(config) {
    const plain = readLlamaSpec(config, {
      n_kv_heads: 16,
      d_head: 256,
      tied: true,
      activation: { key: settledActivation(config), absent: TANH },
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
 * `hidden_activation` later; 5 reads `hidden_act`; both have the tanh form where their key is absent. Only where all
 * give the same is it settled what is computed.
 */
function settledActivation(config: ConfigReader): string {
  const [older, newer] = [config.take('hidden_activation'), config.take('hidden_act')];
  const meaning = (name: unknown) => (name === 'gelu_new' ? TANH : (name ?? TANH));
  if (meaning(older) === meaning(newer))
    return isSet(older) || !isSet(newer) ? 'hidden_activation' : 'hidden_act';
  throw new FacetError(
    'unimplemented',
    `${config.source} has hidden_act ${quoteJson(newer ?? null)} and hidden_activation ${quoteJson(older ?? null)}: versions of ` +
      'transformers compute different activations for it; write both alike, as the model was trained ' +
      '(Gemma 1 was with "gelu_pytorch_tanh")',
    { reason: 'MODEL_OPTION_UNSUPPORTED' },
  );
}

const TANH = 'gelu_pytorch_tanh';

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
