import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/rotary.ts';
import { readSwitchedWindows } from './common.ts';
import type { Family } from './family.ts';
import { readHeadWidth, readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** SmolLM 3: Llama in which every fourth layer has no rotation. */
export const smollm3: Family = {
  architecture: 'SmolLM3ForCausalLM',
  read(config) {
    const rotated = readRotatedLayers(config);
    const rotary = readRotary(config, { d_head: readHeadWidth(config), theta: 2e6 });
    config.take('max_window_layers');
    const windows = readSwitchedWindows(config, null, (layer) => !rotated[layer]);
    const spec = readLlamaSpec(config, {
      n_kv_heads: 4,
      tied: true,
      rotaries: rotated.map((isRotated) => (isRotated ? rotary : null)),
      windows,
    });
    const bias = config.flag('attention_bias', false);
    const own = { qkvBias: bias, outBias: bias, mlpBias: config.flag('mlp_bias', false) };
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, own) };
  },
};

const UNROTATED_EVERY = 4;

/** `no_rope_layers` has 1 for a layer with rotation and 0 for one without. */
function readRotatedLayers(config: ConfigReader): boolean[] {
  const n_layers = config.extent('num_hidden_layers');
  const every = config.extent('no_rope_layer_interval', UNROTATED_EVERY);
  const stated = config.take('no_rope_layers');
  const layers = Array.from({ length: n_layers }, (_, layer) => layer);
  if (stated === undefined || stated === null) return layers.map((layer) => (layer + 1) % every !== 0);
  if (Array.isArray(stated) && stated.length === n_layers && stated.every((one) => one === 0 || one === 1))
    return stated.map((one) => one === 1);
  const message = `${config.source} has no_rope_layers ${quoteJson(stated)}; 0 or 1 for each of ${n_layers} layers is expected`;
  throw new FacetError('invalid', message, { reason: 'MODEL_CONFIG_INVALID' });
}
