import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeSafetensors, type TensorData } from '@facet/tensor';

const CONFIG = {
  model_type: 'llama',
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  intermediate_size: 24,
  vocab_size: 257,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 0,
};
/** Width of the tiny model's residual stream. */
export const TINY_D_IN = CONFIG.hidden_size;
/** Neurons of one of its MLPs. */
export const TINY_D_MLP = CONFIG.intermediate_size;
/** Its BOS token. */
export const TINY_BOS = 0;

/** Writes a random Llama of 257 tokens into `directory`: id 0 is BOS, byte b has id b + 1. */
export async function writeTinyModel(directory: string): Promise<void> {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const vocab = Object.fromEntries([
    ['<bos>', TINY_BOS],
    ...byteNames().map((name, byte) => [name, byte + 1]),
  ]);
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const tokenizer = {
    added_tokens: [{ ...plain, id: TINY_BOS, content: '<bos>', special: true }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges: [] },
  };
  const tokenizerConfig = { bos_token: '<bos>', eos_token: '<bos>', add_bos_token: true };
  await writeFile(join(directory, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
  await writeFile(join(directory, 'model.safetensors'), Buffer.concat(serializeSafetensors(weights())));
}

/** The ids of a text without BOS. */
export function tinyIds(text: string): number[] {
  return Array.from(Buffer.from(text), (byte) => byte + 1);
}

function weights(): Record<string, TensorData> {
  const { hidden_size: d, intermediate_size: m, vocab_size: v } = CONFIG;
  const shapes: Record<string, number[]> = { 'model.embed_tokens.weight': [v, d], 'model.norm.weight': [d] };
  for (let layer = 0; layer < CONFIG.num_hidden_layers; layer++) {
    const block = {
      'input_layernorm.weight': [d],
      'self_attn.q_proj.weight': [d, d],
      'self_attn.k_proj.weight': [d / 2, d],
      'self_attn.v_proj.weight': [d / 2, d],
      'self_attn.o_proj.weight': [d, d],
      'post_attention_layernorm.weight': [d],
      'mlp.gate_proj.weight': [m, d],
      'mlp.up_proj.weight': [m, d],
      'mlp.down_proj.weight': [d, m],
    };
    for (const [name, shape] of Object.entries(block)) shapes[`model.layers.${layer}.${name}`] = shape;
  }
  let state = 7;
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const tensor = (name: string, shape: number[]): TensorData => {
    const length = shape.reduce((a, b) => a * b);
    const isNorm = name.endsWith('norm.weight');
    const data = Float32Array.from({ length }, () => (isNorm ? 1 + noise() / 10 : noise() / 2));
    return { dtype: 'F32', shape, data };
  };
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tensor(name, shape)]));
}

/** GPT-2's printable character for every byte. */
function byteNames(): string[] {
  const isPrintable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}
