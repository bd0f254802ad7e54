import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import type { BlockWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { commonSpec, readHeads } from './common.ts';
import type { Family } from './family.ts';

/** GPT-Neo, the TinyStories models among them: GPT-2 with unscaled scores, and layers with and without a window in turns. */
export const gptNeo: Family = {
  architecture: 'GPTNeoForCausalLM',
  read(config) {
    const spec = readSpec(config);
    return {
      spec,
      unused: MASKS,
      takeWeights(tensors) {
        const body = tensors.under('transformer.');
        const layers = Array.from({ length: spec.n_layers }, (_, layer) => layer);
        return {
          ...tensors.vocabulary(spec, { embedding: 'transformer.wte', head: 'lm_head' }),
          positions: body.take('wpe.weight', [spec.n_ctx, spec.d_model]),
          finalNorm: body.norm('ln_f', spec.d_model, 'layer'),
          blocks: layers.map((layer) => takeBlock(spec, body.under(`h.${layer}.`))),
        };
      },
    };
  },
};

/** Causal masks that old checkpoints store. */
const MASKS = /(^|\.)h\.\d+\.attn\.attention\.(masked_)?bias$/;

function readSpec(config: ConfigReader): ModelSpec {
  const d_model = config.extent('hidden_size');
  const n_heads = config.extent('num_heads');
  const n_layers = config.extent('num_layers');
  const window = config.extent('window_size', 256);
  return {
    ...commonSpec(config, { tied: true }),
    ...readHeads(config, { n_heads, d_head: d_model / n_heads }),
    d_model,
    n_layers,
    d_mlp: config.extent('intermediate_size', 4 * d_model),
    n_ctx: config.extent('max_position_embeddings'),
    norm: { kind: 'layer', epsilon: config.positive('layer_norm_epsilon', 1e-5), offset: 0 },
    block: 'pre-norm',
    layers: readKinds(config, n_layers).map((kind) => ({
      scale: 1,
      window: kind === 'local' ? window : null,
      rotary: null,
    })),
    mlp: { activation: config.activation('activation_function', 'gelu_new'), gated: false },
  };
}

/** `attention_types`, such as [[["global", "local"], 12]], laid out by layer; `attention_layers` is the same laid out. */
function readKinds(config: ConfigReader, n_layers: number): string[] {
  const types = config.take('attention_types');
  const listed = config.take('attention_layers');
  const repeated = (entry: unknown): unknown[] => {
    const [pattern, times] = Array.isArray(entry) ? entry : [];
    const isRight = Array.isArray(pattern) && Number.isInteger(times) && times >= 0 && times <= n_layers;
    return isRight ? Array.from({ length: times }, () => pattern).flat() : [entry];
  };
  const kinds = Array.isArray(types) ? types.flatMap(repeated) : listed;
  const isRight =
    Array.isArray(kinds) &&
    kinds.length === n_layers &&
    kinds.every((kind) => kind === 'global' || kind === 'local');
  const isOne = listed === undefined || listed === null || JSON.stringify(listed) === JSON.stringify(kinds);
  if (isRight && isOne) return kinds;
  const both = `attention_types ${quoteJson(types ?? null)} and attention_layers ${quoteJson(listed ?? null)}`;
  throw new FacetError(
    'invalid',
    `${config.source} has ${both}; one of global or local for each of ${n_layers} layers is expected`,
    {
      reason: 'MODEL_CONFIG_INVALID',
    },
  );
}

function takeBlock({ d_model, d_mlp }: ModelSpec, tensors: TensorSource): BlockWeights {
  const square = (name: string, bias: boolean) =>
    tensors.linear(`attn.attention.${name}`, [d_model, d_model], { bias });
  return {
    norms: { ln1: tensors.norm('ln_1', d_model, 'layer'), ln2: tensors.norm('ln_2', d_model, 'layer') },
    attention: {
      qkv: { q: square('q_proj', false), k: square('k_proj', false), v: square('v_proj', false) },
      out: square('out_proj', true),
    },
    mlp: {
      up: tensors.linear('mlp.c_fc', [d_mlp, d_model], { bias: true }),
      down: tensors.linear('mlp.c_proj', [d_model, d_mlp], { bias: true }),
    },
  };
}
