import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import { readRotary } from '../config/rotary.ts';
import type { BlockWeights, ModelWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { commonSpec } from './common.ts';
import { readHeadWidth, readLlamaHeads } from './llama-like.ts';

/** What a family of Llama's keys, but with LayerNorm and an MLP without a gate, says of itself. */
export interface UngatedOptions {
  block: ModelSpec['block'];
  tied: boolean;
  epsilonKey: string;
  /** Share of a head that is rotated where the config does not say. */
  partial: number;
  /** The activation where the config names none. */
  activation: string;
  /** Key heads where the config does not name them. @default as many as query heads */
  n_kv_heads?: number;
  windows?: readonly (number | null)[];
}

/** Reads the config of StarCoder 2 and of Phi 1 and 2. */
export function readUngatedSpec(config: ConfigReader, options: UngatedOptions): ModelSpec {
  const { block, tied, epsilonKey, partial, windows, n_kv_heads } = options;
  const d_model = config.extent('hidden_size');
  const n_layers = config.extent('num_hidden_layers');
  const d_head = readHeadWidth(config);
  const rotary = readRotary(config, { d_head, partial });
  return {
    ...commonSpec(config, { tied }),
    ...readLlamaHeads(config, d_head, n_kv_heads),
    d_model,
    n_layers,
    d_mlp: config.extent('intermediate_size'),
    n_ctx: config.extent('max_position_embeddings'),
    norm: { kind: 'layer', epsilon: config.positive(epsilonKey, 1e-5), offset: 0 },
    block,
    layers: Array.from({ length: n_layers }, (_, layer) => ({
      scale: d_head ** -0.5,
      window: windows?.[layer] ?? null,
      rotary,
    })),
    mlp: { activation: config.activation('hidden_act', options.activation), gated: false },
  };
}

/** How such a family calls its tensors. */
export interface UngatedTensors {
  out: string;
  up: string;
  down: string;
  finalNorm: string;
  norms: Readonly<Record<string, string>>;
  bias: boolean;
  headBias?: boolean;
}

/** Takes the weights of such a model. */
export function takeUngatedWeights(
  spec: ModelSpec,
  tensors: TensorSource,
  own: UngatedTensors,
): ModelWeights {
  const layers = Array.from({ length: spec.n_layers }, (_, layer) => layer);
  const { headBias } = own;
  return {
    ...tensors.vocabulary(spec, {
      embedding: 'model.embed_tokens',
      head: 'lm_head',
      ...(headBias === undefined ? {} : { headBias }),
    }),
    finalNorm: tensors.norm(own.finalNorm, spec.d_model, 'layer'),
    blocks: layers.map((layer) => takeBlock(spec, tensors.under(`model.layers.${layer}.`), own)),
  };
}

function takeBlock(spec: ModelSpec, tensors: TensorSource, own: UngatedTensors): BlockWeights {
  const { d_model, d_mlp, n_heads, n_kv_heads, d_head } = spec;
  const linear = (name: string, out: number, width: number) =>
    tensors.linear(name, [out, width], { bias: own.bias });
  const norms = Object.entries(own.norms).map(([name, tensor]) => [
    name,
    tensors.norm(tensor, d_model, 'layer'),
  ]);
  return {
    norms: Object.fromEntries(norms),
    attention: {
      qkv: {
        q: linear('self_attn.q_proj', n_heads * d_head, d_model),
        k: linear('self_attn.k_proj', n_kv_heads * d_head, d_model),
        v: linear('self_attn.v_proj', n_kv_heads * d_head, d_model),
      },
      out: linear(`self_attn.${own.out}`, d_model, n_heads * d_head),
    },
    mlp: { up: linear(`mlp.${own.up}`, d_mlp, d_model), down: linear(`mlp.${own.down}`, d_model, d_mlp) },
  };
}
