import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Values that repeat along every tensor: a checkpoint of random weights, written as fast as the disk takes it. */
const PATTERN = 1 << 20;

/** Shapes of tensors of a Llama-like model, by name. */
function llamaShapes({
  hidden_size: d,
  intermediate_size: m,
  vocab_size: v,
  num_hidden_layers: n,
  ...config
}) {
  const d_head = config.head_dim ?? d / config.num_attention_heads;
  const [q, kv] = [config.num_attention_heads * d_head, config.num_key_value_heads * d_head];
  const isQwen = config.model_type === 'qwen2';
  const norms =
    config.model_type === 'gemma2'
      ? [
          'input_layernorm',
          'post_attention_layernorm',
          'pre_feedforward_layernorm',
          'post_feedforward_layernorm',
        ]
      : ['input_layernorm', 'post_attention_layernorm'];
  const shapes = { 'model.embed_tokens.weight': [v, d], 'model.norm.weight': [d] };
  for (let layer = 0; layer < n; layer++) {
    const p = `model.layers.${layer}.`;
    for (const norm of norms) shapes[`${p}${norm}.weight`] = [d];
    Object.assign(shapes, {
      [`${p}self_attn.q_proj.weight`]: [q, d],
      [`${p}self_attn.k_proj.weight`]: [kv, d],
      [`${p}self_attn.v_proj.weight`]: [kv, d],
      [`${p}self_attn.o_proj.weight`]: [d, q],
      [`${p}mlp.gate_proj.weight`]: [m, d],
      [`${p}mlp.up_proj.weight`]: [m, d],
      [`${p}mlp.down_proj.weight`]: [d, m],
    });
    if (isQwen)
      for (const [part, width] of [
        ['q', q],
        ['k', kv],
        ['v', kv],
      ])
        shapes[`${p}self_attn.${part}_proj.bias`] = [width];
  }
  if (config.tie_word_embeddings === false) shapes['lm_head.weight'] = [v, d];
  return shapes;
}

/** Shapes of tensors of a GPT-2, by name. */
function gpt2Shapes({ n_embd: d, n_layer: n, n_positions, vocab_size }) {
  const shapes = { 'transformer.wte.weight': [vocab_size, d], 'transformer.wpe.weight': [n_positions, d] };
  const linear = (name, width, out) => ({ [`${name}.weight`]: [width, out], [`${name}.bias`]: [out] });
  const norm = (name) => ({ [`${name}.weight`]: [d], [`${name}.bias`]: [d] });
  Object.assign(shapes, norm('transformer.ln_f'));
  for (let layer = 0; layer < n; layer++) {
    const p = `transformer.h.${layer}.`;
    Object.assign(shapes, norm(`${p}ln_1`), norm(`${p}ln_2`), linear(`${p}attn.c_attn`, d, 3 * d));
    Object.assign(
      shapes,
      linear(`${p}attn.c_proj`, d, d),
      linear(`${p}mlp.c_fc`, d, 4 * d),
      linear(`${p}mlp.c_proj`, 4 * d, d),
    );
  }
  return shapes;
}

/** Writes a checkpoint of random BF16 (or F32) weights with a config and a small tokenizer; returns the bytes of its weights. */
export async function writeRandomCheckpoint(directory, config, tokenizer, dtype = 'BF16') {
  await mkdir(directory, { recursive: true });
  const shapes = config.model_type === 'gpt2' ? gpt2Shapes(config) : llamaShapes(config);
  const size = dtype === 'BF16' ? 2 : 4;
  const header = {};
  let at = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = size * shape.reduce((product, extent) => product * extent, 1);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  try {
    await file.write(Buffer.concat([length, padded]));
    for (const [name, shape] of Object.entries(shapes)) {
      const isNorm = /norm|ln_/.test(name) && name.endsWith('.weight');
      await writeTensor(file, shape, { size, center: isNorm ? 1 : 0, spread: isNorm ? 0.1 : 0.02 });
    }
  } finally {
    await file.close();
  }
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(join(directory, 'tokenizer.json'), tokenizer);
  return 8 + padded.length + at;
}

async function writeTensor(file, shape, { size, center, spread }) {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from(
    { length: Math.min(count, PATTERN) },
    () => center + spread * (Math.random() * 2 - 1),
  );
  const piece =
    size === 4
      ? new Uint8Array(values.buffer)
      : new Uint8Array(Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16).buffer);
  for (let done = 0; done < count; done += PATTERN)
    await file.write(piece, 0, Math.min(PATTERN, count - done) * size);
}
