import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec, RotarySpec } from '../config/model-spec.ts';
import { readRotary } from '../config/rotary.ts';
import type { BlockWeights, ModelWeights } from '../weights/model-weights.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { commonSpec, readHeads } from './common.ts';

/** What the families that are configured as Llama change of it. */
export interface LlamaOptions {
  /** Key heads where the config does not name them at all. @default as many as query heads */
  n_kv_heads?: number;
  /** Floats of a head where the config does not say. @default hidden_size / heads */
  d_head?: number;
  /** Whether embedding and unembedding are one where the config does not say. @default false */
  tied?: boolean;
  /** The key of the activation, and what it is where the config does not say. @default hidden_act, silu */
  activation?: { key: string; absent: string };
  /** The window of each layer. @default none */
  windows?: readonly (number | null)[];
  /** How each layer rotates. @default one rotation for all */
  rotaries?: readonly (RotarySpec | null)[];
  /** What products of queries and keys are multiplied by. @default d_head^−½ */
  scale?: number;
}

/** Reads a config.json with Llama's keys: RMSNorm, rotation, a gated MLP, blocks that read through norms. */
export function readLlamaSpec(config: ConfigReader, options: LlamaOptions = {}): ModelSpec {
  const { tied = false, activation = { key: 'hidden_act', absent: 'silu' } } = options;
  const d_head = readHeadWidth(config, options.d_head);
  const n_layers = config.extent('num_hidden_layers');
  const scale = options.scale ?? d_head ** -0.5;
  const rotaries = options.rotaries ?? new Array(n_layers).fill(readRotary(config, { d_head }));
  return {
    ...commonSpec(config, { tied }),
    ...readLlamaHeads(config, d_head, options.n_kv_heads),
    d_model: config.extent('hidden_size'),
    n_layers,
    d_mlp: config.extent('intermediate_size'),
    n_ctx: config.extent('max_position_embeddings'),
    norm: { kind: 'rms', epsilon: config.positive('rms_norm_eps'), offset: 0 },
    block: 'pre-norm',
    layers: rotaries.map((rotary, i) => ({ scale, window: options.windows?.[i] ?? null, rotary })),
    mlp: { activation: config.activation(activation.key, activation.absent), gated: true },
  };
}

/** Floats of a head: `head_dim`, or what the family has where it is absent, or hidden_size / heads. */
export function readHeadWidth(config: ConfigReader, absent?: number): number {
  const even = config.extent('hidden_size') / config.extent('num_attention_heads');
  const isStated = (config.take('head_dim') ?? absent) !== undefined;
  const d_head = isStated ? config.extent('head_dim', absent) : even;
  return readHeads(config, { n_heads: config.extent('num_attention_heads'), d_head }).d_head;
}

/** Query and key heads of Llama's keys; `absent` key heads where the config does not name them at all. */
export function readLlamaHeads(config: ConfigReader, d_head: number, absent?: number) {
  const n_heads = config.extent('num_attention_heads');
  const isUnnamed = config.take('num_key_value_heads') === undefined;
  const n_kv_heads = config.extent('num_key_value_heads', (isUnnamed ? absent : undefined) ?? n_heads);
  return readHeads(config, { n_heads, n_kv_heads, d_head });
}

/** What differs in the tensors of the families that call theirs as Llama does. */
export interface LlamaTensors {
  /** Before every name but the head's. @default model. */
  prefix?: string;
  /** Where the head lies. @default lm_head */
  head?: string;
  /** The tensor of each norm of a block. @default that of Llama's ln1 and ln2 */
  norms?: Readonly<Record<string, string>>;
  qkvBias?: boolean;
  outBias?: boolean;
  mlpBias?: boolean;
  /** Norms of queries and keys: of each head, or of all heads together. */
  qkNorm?: 'head' | 'all';
  /** Whether q, k and v lie in one tensor, and gate and up in another. */
  fused?: boolean;
}

const LLAMA_NORMS = { ln1: 'input_layernorm', ln2: 'post_attention_layernorm' };

/** Takes the weights of a model with RMSNorm and a gated MLP that are called as Llama's. */
export function takeLlamaWeights(spec: ModelSpec, tensors: TensorSource, own: LlamaTensors): ModelWeights {
  const { prefix = 'model.', head = 'lm_head' } = own;
  const blocks = Array.from({ length: spec.n_layers }, (_, layer) =>
    takeBlock(spec, tensors.under(`${prefix}layers.${layer}.`), own),
  );
  return {
    ...tensors.vocabulary(spec, { embedding: `${prefix}embed_tokens`, head }),
    finalNorm: tensors.norm(`${prefix}norm`, spec.d_model, 'rms'),
    blocks,
  };
}

function takeBlock(spec: ModelSpec, tensors: TensorSource, own: LlamaTensors): BlockWeights {
  const { d_model, d_mlp } = spec;
  const { norms = LLAMA_NORMS, mlpBias, fused = false } = own;
  const part = (name: string) => tensors.linear(`mlp.${name}`, [d_mlp, d_model], { bias: mlpBias });
  const [gate, up] = fused
    ? tensors.rows('mlp.gate_up_proj', [d_mlp, d_mlp], d_model)
    : [part('gate_proj'), part('up_proj')];
  const taken = Object.entries(norms).map(([name, tensor]) => [name, tensors.norm(tensor, d_model, 'rms')]);
  return {
    norms: Object.fromEntries(taken),
    attention: takeAttention(spec, tensors.under('self_attn.'), own),
    mlp: {
      gate: gate!,
      up: up!,
      down: tensors.linear('mlp.down_proj', [d_model, d_mlp], { bias: mlpBias }),
    },
  };
}

function takeAttention(
  { d_model, n_heads, n_kv_heads, d_head }: ModelSpec,
  tensors: TensorSource,
  { qkNorm, qkvBias, outBias, fused = false }: LlamaTensors,
): BlockWeights['attention'] {
  const [d_q, d_kv] = [n_heads * d_head, n_kv_heads * d_head];
  const part = (name: string, rows: number) => tensors.linear(name, [rows, d_model], { bias: qkvBias });
  const [q, k, v] = fused
    ? tensors.rows('qkv_proj', [d_q, d_kv, d_kv], d_model)
    : [part('q_proj', d_q), part('k_proj', d_kv), part('v_proj', d_kv)];
  const attention = {
    qkv: { q: q!, k: k!, v: v! },
    out: tensors.linear('o_proj', [d_model, d_q], { bias: outBias }),
  };
  if (qkNorm === undefined) return attention;
  const [qWidth, kWidth] = qkNorm === 'head' ? [d_head, d_head] : [d_q, d_kv];
  return {
    ...attention,
    qNorm: tensors.norm('q_norm', qWidth, 'rms'),
    kNorm: tensors.norm('k_norm', kWidth, 'rms'),
  };
}
