import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeFloats,
  encodeFloats,
  type FloatDType,
  serializeSafetensors,
  type TensorData,
} from '@facet/tensor';

/** A random checkpoint of a few thousand weights, small enough for the plain f64 reference. */
export interface TinyModel {
  directory: string;
  config: TinyConfig;
  /** The weights as stored, rounded to their dtype. */
  tensors: ReadonlyMap<string, Float32Array>;
  remove(): Promise<void>;
}

export interface TinyConfig {
  model_type: string;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim?: number;
  intermediate_size: number;
  vocab_size: number;
  max_position_embeddings: number;
  rms_norm_eps: number;
  rope_theta: number;
  tie_word_embeddings: boolean;
  mlp_bias?: boolean;
  /** What only some families read. */
  [option: string]: unknown;
}

export interface TinyModelOptions {
  config?: Partial<TinyConfig>;
  dtype?: FloatDType;
  /** Changes the tensors before they are written. */
  change?: (tensors: Record<string, TensorData>) => void;
}

const CONFIG: TinyConfig = {
  model_type: 'llama',
  hidden_size: 32,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 40,
  vocab_size: 48,
  max_position_embeddings: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

/** Writes a random checkpoint into a new temporary directory; the same options give the same weights. */
export async function writeTinyModel(options: TinyModelOptions = {}): Promise<TinyModel> {
  const config = { ...CONFIG, ...options.config };
  const dtype = options.dtype ?? 'F32';
  const random = createNoise(7);
  const tensors: Record<string, TensorData> = {};
  const decoded = new Map<string, Float32Array>();
  for (const [name, shape] of Object.entries(tinyShapes(config))) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const isNorm = name.endsWith('norm.weight');
    // Gemma stores what its norms have beyond 1.
    const mean = config.model_type.startsWith('gemma') ? 0 : 1;
    const values = Float32Array.from({ length: size }, () =>
      isNorm ? mean + 0.1 * random() : 0.3 * random(),
    );
    const data = encodeFloats(values, dtype);
    tensors[name] = { dtype, shape, data };
    decoded.set(
      name,
      decodeFloats(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dtype, name),
    );
  }
  options.change?.(tensors);
  const directory = await mkdtemp(join(tmpdir(), 'facet-tiny-'));
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(join(directory, 'tokenizer.json'), '{}');
  await writeFile(join(directory, 'model.safetensors'), Buffer.concat(serializeSafetensors(tensors)));
  return {
    directory,
    config,
    tensors: decoded,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Uniform noise in [−1, 1), the same for the same seed. */
export function createNoise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function tinyShapes(config: TinyConfig): Record<string, number[]> {
  const { hidden_size: d, intermediate_size: m, vocab_size: v } = config;
  const d_head = config.head_dim ?? d / config.num_attention_heads;
  const [d_q, d_kv] = [config.num_attention_heads * d_head, config.num_key_value_heads * d_head];
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [v, d], 'model.norm.weight': [d] };
  if (!config.tie_word_embeddings) shapes['lm_head.weight'] = [v, d];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block: Record<string, number[]> = {
      'input_layernorm.weight': [d],
      'self_attn.q_proj.weight': [d_q, d],
      'self_attn.k_proj.weight': [d_kv, d],
      'self_attn.v_proj.weight': [d_kv, d],
      'self_attn.o_proj.weight': [d, d_q],
      'post_attention_layernorm.weight': [d],
      'mlp.gate_proj.weight': [m, d],
      'mlp.up_proj.weight': [m, d],
      'mlp.down_proj.weight': [d, m],
    };
    if (config.model_type === 'qwen2')
      Object.assign(block, {
        'self_attn.q_proj.bias': [d_q],
        'self_attn.k_proj.bias': [d_kv],
        'self_attn.v_proj.bias': [d_kv],
      });
    if (config.model_type === 'gemma3_text')
      Object.assign(block, {
        'pre_feedforward_layernorm.weight': [d],
        'post_feedforward_layernorm.weight': [d],
        'self_attn.q_norm.weight': [d_head],
        'self_attn.k_norm.weight': [d_head],
      });
    if (config.mlp_bias)
      Object.assign(block, { 'mlp.gate_proj.bias': [m], 'mlp.up_proj.bias': [m], 'mlp.down_proj.bias': [d] });
    for (const [name, shape] of Object.entries(block)) shapes[`model.layers.${layer}.${name}`] = shape;
  }
  return shapes;
}
