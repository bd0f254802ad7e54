import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serializeSafetensors, type TensorData } from '@facet/tensor';
import { loadModelDirectory } from '../weights/model-directory.ts';

/** The configuration of the checkpoint that `writeModel` writes. */
export const CONFIG = {
  model_type: 'llama',
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 1,
  intermediate_size: 4,
  vocab_size: 5,
  max_position_embeddings: 16,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};

const SHAPES: Record<string, number[]> = {
  'model.embed_tokens.weight': [5, 8],
  'model.norm.weight': [8],
  'model.layers.0.input_layernorm.weight': [8],
  'model.layers.0.self_attn.q_proj.weight': [8, 8],
  'model.layers.0.self_attn.k_proj.weight': [8, 8],
  'model.layers.0.self_attn.v_proj.weight': [8, 8],
  'model.layers.0.self_attn.o_proj.weight': [8, 8],
  'model.layers.0.post_attention_layernorm.weight': [8],
  'model.layers.0.mlp.gate_proj.weight': [4, 8],
  'model.layers.0.mlp.up_proj.weight': [4, 8],
  'model.layers.0.mlp.down_proj.weight': [8, 4],
};

/** Tensors of a file, by name. */
export type Tensors = Record<string, TensorData>;

/** Writes a small valid checkpoint to `root/model` after `change` has had its way with its tensors. */
export async function writeModel(
  root: string,
  change: (tensors: Tensors) => void = () => undefined,
): Promise<string> {
  const tensors: Tensors = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    tensors[name] = { dtype: 'F32', shape, data: new Float32Array(size).fill(0.5) };
  }
  change(tensors);
  const directory = join(root, 'model');
  await mkdir(directory);
  await writeFile(join(directory, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(join(directory, 'tokenizer.json'), '{"model":{}}');
  await writeFile(join(directory, 'model.safetensors'), Buffer.concat(serializeSafetensors(tensors)));
  return directory;
}

/** Expects that the directory is refused with this kind of error and a message like this. */
export async function expectRefusal(directory: string, kind: string, message: RegExp): Promise<void> {
  await expect(loadModelDirectory(directory)).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(message),
  });
}
