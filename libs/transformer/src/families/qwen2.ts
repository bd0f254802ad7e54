import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import { readSwitchedWindows } from './common.ts';
import type { Family } from './family.ts';
import { readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** The first layer with a window where the config names none (transformers 5, `configuration_qwen2.py`). */
const MAX_WINDOW_LAYERS = 28;

/** Qwen 2 and 2.5: Llama with biases on q, k and v, and windows in late layers where they are switched on. */
export const qwen2: Family = {
  architecture: 'Qwen2ForCausalLM',
  read(config) {
    requireItsBiases(config);
    const spec = readLlamaSpec(config, { n_kv_heads: 32, windows: readLateWindows(config) });
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, { qkvBias: true }) };
  },
};

/** q, k and v always have biases in Qwen 2, the output never: `attention_bias` can only contradict that. */
function requireItsBiases(config: ConfigReader): void {
  const stated = config.take('attention_bias');
  if (stated === undefined || stated === null) return;
  const message = `${config.source} has attention_bias ${quoteJson(stated)} beside model_type "qwen2", whose q, k and v always have biases and whose output has none; delete attention_bias`;
  throw new FacetError('invalid', message, { reason: 'MODEL_CONFIG_CONTRADICTORY' });
}

/** Windows of the layers from `max_window_layers` on, or of those that `layer_types` names, if `use_sliding_window`. */
export function readLateWindows(config: ConfigReader): (number | null)[] {
  const first = config.take('max_window_layers') ?? MAX_WINDOW_LAYERS;
  if (!Number.isInteger(first) || Number(first) < 0) {
    const message = `${config.source} has max_window_layers ${quoteJson(first)}; a whole number from 0 is expected`;
    throw new FacetError('invalid', message, { reason: 'MODEL_CONFIG_INVALID' });
  }
  return readSwitchedWindows(config, 4096, (layer) => layer >= Number(first));
}
