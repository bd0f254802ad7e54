import { readRotary } from '../config/rotary.ts';
import { readUniformWindows } from './common.ts';
import type { Family } from './family.ts';
import { readHeadWidth, readLlamaSpec, takeLlamaWeights } from './llama-like.ts';

/** Phi 3, 3.5 and 4-mini: Llama whose q, k and v lie in one tensor, gate and up in another, often with longrope. */
export const phi3: Family = {
  architecture: 'Phi3ForCausalLM',
  read(config) {
    const d_head = readHeadWidth(config);
    const aliases = { su: 'longrope', yarn: 'longrope' };
    const rotary = readRotary(config, { d_head, original: 4096, aliases });
    const windows = readUniformWindows(config, null);
    const spec = readLlamaSpec(config, { windows, rotaries: windows.map(() => rotary) });
    // Options of the first versions of its code, which compute nothing at these values.
    config.only('lm_head_bias', false);
    config.only('attention_bias', false);
    config.only('mlp_bias', false);
    config.only('full_attn_mod', 1);
    config.only('interpolate_factor', 1);
    return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, { fused: true }) };
  },
};
