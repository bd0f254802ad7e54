import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import type { BlockWeights, ModelWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { commonSpec, readHeads } from './common.ts';
import type { Family } from './family.ts';

/** GPT-2: learned positions, LayerNorm, matrices stored [in, out], one product for q, k and v. */
export const gpt2: Family = {
  architecture: 'GPT2LMHeadModel',
  read(config) {
    const spec = readSpec(config);
    config.only('add_cross_attention', false);
    // How scores are rounded in half precision changes no mathematics.
    config.take('reorder_and_upcast_attn');
    return { spec, takeWeights: (tensors) => takeWeights(spec, tensors), unused: MASKS };
  },
};

/** Causal masks that old checkpoints store. */
const MASKS = /(^|\.)h\.\d+\.attn\.(masked_)?bias$/;

function readSpec(config: ConfigReader): ModelSpec {
  const d_model = config.extent('n_embd');
  const n_heads = config.extent('n_head');
  const n_layers = config.extent('n_layer');
  const d_head = d_model / n_heads;
  const scale = config.flag('scale_attn_weights', true) ? d_head ** -0.5 : 1;
  const isByLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
  return {
    ...commonSpec(config, { tied: true }),
    ...readHeads(config, { n_heads, d_head }),
    d_model,
    n_layers,
    d_mlp: config.extent('n_inner', 4 * d_model),
    n_ctx: config.extent('n_positions'),
    norm: { kind: 'layer', epsilon: config.positive('layer_norm_epsilon', 1e-5), offset: 0 },
    block: 'pre-norm',
    layers: Array.from({ length: n_layers }, (_, layer) => ({
      scale: isByLayer ? scale / (layer + 1) : scale,
      window: null,
      rotary: null,
    })),
    mlp: { activation: config.activation('activation_function', 'gelu_new'), gated: false },
  };
}

function takeWeights(spec: ModelSpec, tensors: TensorSource): ModelWeights {
  // Checkpoints of the bare model, such as the first one, have no prefix.
  const prefix = tensors.has('transformer.wte.weight') ? 'transformer.' : '';
  const body = tensors.under(prefix);
  const blocks = Array.from({ length: spec.n_layers }, (_, layer) =>
    takeBlock(spec, body.under(`h.${layer}.`)),
  );
  return {
    ...tensors.vocabulary(spec, { embedding: `${prefix}wte`, head: 'lm_head' }),
    positions: body.take('wpe.weight', [spec.n_ctx, spec.d_model]),
    finalNorm: body.norm('ln_f', spec.d_model, 'layer'),
    blocks,
  };
}

function takeBlock({ d_model, d_mlp }: ModelSpec, tensors: TensorSource): BlockWeights {
  const linear = (name: string, out: number, width: number) =>
    tensors.linear(name, [out, width], { bias: true, stored: 'in-out' });
  return {
    norms: { ln1: tensors.norm('ln_1', d_model, 'layer'), ln2: tensors.norm('ln_2', d_model, 'layer') },
    attention: {
      qkv: { fused: linear('attn.c_attn', 3 * d_model, d_model), order: 'parts' },
      out: linear('attn.c_proj', d_model, d_model),
    },
    mlp: { up: linear('mlp.c_fc', d_mlp, d_model), down: linear('mlp.c_proj', d_model, d_mlp) },
  };
}
