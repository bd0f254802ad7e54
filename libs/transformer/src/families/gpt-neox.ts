import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import { readRotary } from '../config/rotary.ts';
import type { BlockWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { commonSpec, readHeads } from './common.ts';
import type { Family } from './family.ts';

/** GPT-NeoX, Pythia among them: attention and MLP beside each other, a quarter of each head rotated. */
export const gptNeox: Family = {
  architecture: 'GPTNeoXForCausalLM',
  read(config) {
    const spec = readSpec(config);
    const bias = config.flag('attention_bias', true);
    return {
      spec,
      unused: MASKS,
      takeWeights(tensors) {
        const body = tensors.under('gpt_neox.');
        const layers = Array.from({ length: spec.n_layers }, (_, layer) => layer);
        return {
          ...tensors.vocabulary(spec, { embedding: 'gpt_neox.embed_in', head: 'embed_out' }),
          finalNorm: body.norm('final_layer_norm', spec.d_model, 'layer'),
          blocks: layers.map((layer) => takeBlock(spec, body.under(`layers.${layer}.`), bias)),
        };
      },
    };
  },
};

/** Masks and tables that old checkpoints store. */
const MASKS = /\.attention\.((masked_)?bias|rotary_emb\.inv_freq)$/;

function readSpec(config: ConfigReader): ModelSpec {
  const d_model = config.extent('hidden_size');
  const n_heads = config.extent('num_attention_heads');
  const n_layers = config.extent('num_hidden_layers');
  const { d_head, ...heads } = readHeads(config, { n_heads, d_head: d_model / n_heads });
  const rotary = readRotary(config, {
    d_head,
    thetaKey: config.json.rotary_emb_base === undefined ? 'rope_theta' : 'rotary_emb_base',
    partialKey: config.json.rotary_pct === undefined ? 'partial_rotary_factor' : 'rotary_pct',
    partial: 0.25,
  });
  return {
    ...commonSpec(config, { tied: false }),
    ...heads,
    d_head,
    d_model,
    n_layers,
    d_mlp: config.extent('intermediate_size'),
    n_ctx: config.extent('max_position_embeddings'),
    norm: { kind: 'layer', epsilon: config.positive('layer_norm_eps', 1e-5), offset: 0 },
    block: config.flag('use_parallel_residual', true) ? 'parallel' : 'pre-norm',
    layers: Array.from({ length: n_layers }, () => ({ scale: d_head ** -0.5, window: null, rotary })),
    mlp: { activation: config.activation('hidden_act', 'gelu'), gated: false },
  };
}

function takeBlock({ d_model, d_mlp }: ModelSpec, tensors: TensorSource, bias: boolean): BlockWeights {
  return {
    norms: {
      ln1: tensors.norm('input_layernorm', d_model, 'layer'),
      ln2: tensors.norm('post_attention_layernorm', d_model, 'layer'),
    },
    attention: {
      qkv: {
        fused: tensors.linear('attention.query_key_value', [3 * d_model, d_model], { bias }),
        order: 'heads',
      },
      out: tensors.linear('attention.dense', [d_model, d_model], { bias }),
    },
    mlp: {
      up: tensors.linear('mlp.dense_h_to_4h', [d_mlp, d_model], { bias: true }),
      down: tensors.linear('mlp.dense_4h_to_h', [d_model, d_mlp], { bias: true }),
    },
  };
}
